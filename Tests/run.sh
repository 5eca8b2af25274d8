#!/usr/bin/env bash
# Installs what is missing and runs all tests of the library and of the examples. Arguments go on to `swift test`, for
# example: Tests/run.sh --filter MetricsTests
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/Examples/packages.sh"
need_swift
need_packages "${example_packages[@]}"

# In release: tests of training and of superpixels would take many times as long without optimisation. No test uses
# @testable, so the build is the one that `swift build -c release` makes, and is made once.
options=(-c release --disable-testable-imports)
swift test --package-path "$top" "${options[@]}" "$@"
if [ $# -eq 0 ]; then
  # On the kernels of older processors too, where the suite would otherwise see only the best ones.
  OPENBLAS_CORETYPE=Haswell SUPERCL_ISA=avx2 swift test --package-path "$top" "${options[@]}" --skip-build --filter 'TensorTests|AutogradTests'
  swift test --package-path "$top/Examples" "${options[@]}"
fi
