#!/usr/bin/env bash
# Our benchmarks beside the Python peers, in alternation: compare.sh WORK... [--threads N] [--json FILE]
# Works from any folder; compare.py and Peers/README.md say more.
set -u
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if ! command -v python3 >/dev/null; then
  echo "compare: python3 is not installed: apt-get install python3 python3-venv" >&2
  exit 69
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))'; then
  echo "compare: python3 is older than 3.9" >&2
  exit 69
fi
exec python3 "$here/compare.py" "$@"
