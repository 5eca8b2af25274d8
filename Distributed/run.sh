#!/usr/bin/env bash
# Builds and runs what stands in this folder with an MPI of the system.
#
# usage: run.sh check                          which MPI there is
#        run.sh build                          builds all programs
#        run.sh test [--both]                  the tests, with 2 and 4 ranks; --both: with MPICH and with Open MPI
#        run.sh -n RANKS PROGRAM ARGUMENT...   builds and runs a program of this package over so many ranks
# MPI=mpich or MPI=openmpi chooses one; otherwise that is taken which is installed, MPICH first.
# Exit codes: 64 wrong arguments, 69 no MPI or no Swift, otherwise that of the program.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../Examples/packages.sh"

fail() {
  local code=$1
  shift
  echo "run.sh: $*" >&2
  exit "$code"
}

# The pkg-config file, the command that starts ranks, and the Debian packages of an MPI.
settings_of() {
  case "$1" in
    mpich) pc=mpich launcher=mpirun.mpich packages=(mpich libmpich-dev) ;;
    openmpi) pc=ompi-c launcher=mpirun.openmpi packages=(openmpi-bin libopenmpi-dev) ;;
    *) fail 64 "MPI=$1: must be mpich or openmpi" ;;
  esac
  command -v "$launcher" >/dev/null || launcher=mpirun
}

is_installed() {
  settings_of "$1"
  command -v pkg-config >/dev/null && pkg-config --exists "$pc" && command -v "$launcher" >/dev/null
}

choose_mpi() {
  if [ -n "${MPI:-}" ]; then
    settings_of "$MPI"
    is_installed "$MPI" || fail 69 "MPI=$MPI is not installed: apt-get install ${packages[*]} pkg-config"
    return
  fi
  for MPI in mpich openmpi; do
    if is_installed "$MPI"; then export MPI; return; fi
  done
  fail 69 "no MPI is installed: apt-get install mpich libmpich-dev pkg-config, or openmpi-bin libopenmpi-dev pkg-config"
}

# Programs of the two differ in what they link alone: one build tree, programs kept apart.
build() {
  export MPI
  need_swift || exit $?
  swift build --package-path "$here" "${shared_options[@]}" -c release "$@"
  bin="$shared_build/bin-$MPI"
  mkdir -p "$bin"
  local built copied
  built=$(swift build --package-path "$here" "${shared_options[@]}" -c release --show-bin-path)
  for copied in pretrain-mpi scaling rank-benchmark rank-check; do
    [ ! -x "$built/$copied" ] || cp --update "$built/$copied" "$bin/$copied"
  done
}

# launch RANKS COMMAND...: on this machine, more ranks than processors allowed. MPIRUN_OPTIONS are added, as --hostfile.
launch() {
  local ranks=$1 options=()
  shift
  if [ "$MPI" = openmpi ]; then
    options+=(--oversubscribe)
    # More ranks than processors cannot have one each.
    [ "$ranks" -le "$(nproc)" ] || options+=(--bind-to none)
    [ "$(id -u)" -ne 0 ] || options+=(--allow-run-as-root)
  fi
  # shellcheck disable=SC2086
  "$launcher" -n "$ranks" "${options[@]}" ${MPIRUN_OPTIONS:-} "$@"
}

run_tests() {
  export MPI
  settings_of "$MPI"
  need_packages "${packages[@]}" "${example_packages[@]}" python3
  echo "== $MPI"
  build
  for ranks in 1 2 4; do launch "$ranks" "$bin/rank-check"; done
  python3 "$here/Tests/check_runs.py" "$here/run.sh" "$MPI" "$bin"
}

case "${1:-}" in
  check)
    choose_mpi
    echo "MPI=$MPI ($launcher, pkg-config $pc $(pkg-config --modversion "$pc"))"
    ;;
  build)
    choose_mpi
    build
    ;;
  test)
    export MPI=${MPI:-mpich}
    settings_of "$MPI"
    need_packages "${packages[@]}" "${example_packages[@]}" python3
    swift test --package-path "$here" "${shared_options[@]}" -c release --disable-testable-imports --filter ScalingModelTests
    if [ "${2:-}" = --both ]; then
      for MPI in mpich openmpi; do run_tests; done
    else
      run_tests
    fi
    ;;
  -n)
    [ $# -ge 3 ] && [[ "$2" =~ ^[1-9][0-9]*$ ]] || fail 64 "usage: run.sh -n RANKS PROGRAM ARGUMENT..."
    ranks=$2 program=$3
    shift 3
    choose_mpi
    build --product "$program" >&2
    launch "$ranks" "$bin/$program" "$@"
    ;;
  *) fail 64 "usage: run.sh check | build | test [--both] | -n RANKS PROGRAM ARGUMENT..." ;;
esac
