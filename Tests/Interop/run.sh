#!/usr/bin/env bash
# Lets MedIO write its files, and opens them in nibabel and SimpleITK: run.sh [--python PATH] [FOLDER...]
# The NIfTI files below the folders are read and written again too; Examples/Data always is. Without --python the two
# libraries are installed into a virtual environment beside this script.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
top="$(cd "$here/../.." && pwd)"
python=""
if [ "${1:-}" = "--python" ]; then
  python="${2:?--python needs a path}"
  shift 2
fi
if [ -z "$python" ]; then
  python="$here/.venv/bin/python"
  [ -x "$python" ] || python3 -m venv "$here/.venv"
  "$python" -m pip install --quiet --disable-pip-version-check numpy nibabel SimpleITK
fi
data="$top/Examples/Data"
for folder in "$@"; do
  [ -d "$folder" ] || { echo "run.sh: there is no folder $folder" >&2; exit 66; }
  data="$data:$(cd "$folder" && pwd)"
done
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
MEDIO_INTEROP_FOLDER="$output" MEDIO_INTEROP_DATA="$data" \
  swift test --package-path "$top" -c release --disable-testable-imports --filter InteropTests >"$output/log" 2>&1 || { cat "$output/log" >&2; exit 1; }
"$python" "$here/check_nifti.py" "$output"
