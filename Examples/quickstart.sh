#!/usr/bin/env bash
# From a NIfTI file to a segmentation, pre-trained with SuperCL: installs what is missing, builds, and runs the main job on
# the CT kept in Examples/Data. Options go on to the program: Examples/quickstart.sh --help
set -euo pipefail
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$examples/packages.sh"
need_swift
need_packages "${example_packages[@]}"
swift build --package-path "$examples" "${shared_options[@]}" -c release --product quickstart
exec "$shared_build/release/quickstart" "$@"
