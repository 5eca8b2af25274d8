#!/usr/bin/env bash
# Installs what is missing and runs all tests of the library and of the examples. Arguments go on to `swift test`, for
# example: Tests/run.sh --filter MetricsTests
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/Examples/packages.sh"
need_swift
need_packages "${example_packages[@]}"

# In release: tests of training and of superpixels would take many times as long without optimisation.
swift test --package-path "$top" -c release "$@"
if [ $# -eq 0 ]; then
  # On the kernels of older processors too, where the suite would otherwise see only the best ones.
  OPENBLAS_CORETYPE=Haswell SUPERCL_ISA=avx2 swift test --package-path "$top" -c release --skip-build --filter 'TensorTests|AutogradTests'
  swift test --package-path "$top/Examples" -c release
fi
