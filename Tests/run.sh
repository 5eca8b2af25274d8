#!/usr/bin/env bash
# Installs what is missing and runs all tests of the library and of the examples. Arguments go on to `swift test`, for
# example: Tests/run.sh --filter MetricsTests
#
# usage: Tests/run.sh [--full] [ARGUMENT...]
# Without arguments a training is killed 5 times at random moments, too, and resumed; with --full 50 times, and the order of
# its system calls is checked by strace; pre-training methods then train 200 steps on the kept CT in place of
# 20.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/Examples/packages.sh"
need_swift
need_packages "${example_packages[@]}"
command -v python3 >/dev/null || need_packages python3
kill_options=(--kills 5)
full=no
if [ "${1:-}" = --full ]; then
  shift
  full=yes
  kill_options=(--kills 50 --trace)
  export SUPERCL_FULL=1
  command -v strace >/dev/null || need_packages strace
fi

# In release: tests of training and of superpixels would take many times as long without optimisation. No test uses
# @testable, so the build is the one that `swift build -c release` makes, and is made once.
options=(-c release --disable-testable-imports)
swift test --package-path "$top" "${shared_options[@]}" "${options[@]}" "$@"
if [ $# -eq 0 ]; then
  # On the kernels of older processors too, where the suite would otherwise see only the best ones.
  OPENBLAS_CORETYPE=Haswell SUPERCL_ISA=avx2 swift test --package-path "$top" "${shared_options[@]}" "${options[@]}" --skip-build --filter 'TensorTests|AutogradTests'
  SUPERCL_ISA=portable swift test --package-path "$top" "${shared_options[@]}" "${options[@]}" --skip-build --filter ConvolutionFast
  swift test --package-path "$top/Examples" "${shared_options[@]}" "${options[@]}"
fi
if [ $# -eq 0 ] || [ $full = yes ]; then
  swift build --package-path "$top" "${shared_options[@]}" -c release --product killed-training
  "$top/Tests/kill.py" "$(swift build --package-path "$top" "${shared_options[@]}" -c release --show-bin-path)/killed-training" "${kill_options[@]}"
fi
