#!/usr/bin/env bash
# The leakage experiment: curves of leakage and boundary recall on labelled CT and MRI slices, and the adaptive count beside
# fixed ones. Fetches the MRI (16 MB, Debian package mricron-data) to a folder that goes afterwards.
#
# usage: leakage.sh [FIGURE.svg]   (default: superpixel-leakage.svg here, with a .csv beside it)
set -euo pipefail
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$examples/packages.sh"
need_swift
need_packages "${example_packages[@]}"
figure=${1:-superpixel-leakage.svg}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -qq mricron-data 2>/dev/null) ||
  { echo "mricron-data cannot be fetched: apt-get update, then try again" >&2; exit 69; }
dpkg-deb -x "$work"/mricron-data_*.deb "$work"
templates="$work/usr/share/mricron/templates"
swift build --package-path "$examples" -c release --product slic-experiments
run="$examples/.build/release/slic-experiments"
"$run" leakage --mri "$templates" --figure "$figure" --csv "${figure%.svg}.csv"
"$run" adaptive --mri "$templates"
