# Sourced by the scripts of this project: installs the Debian packages that are missing.
#
# usage: . packages.sh; need_packages PACKAGE...

need_packages() {
  local missing=()
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "installing ${missing[*]}"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "need root or sudo to install ${missing[*]}" >&2; return 69; }
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq || return 69
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || return 69
}

need_swift() {
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  if [ -z "$version" ] || [ "$(printf '%s\n' 6.3 "$version" | sort -V | head -n 1)" != 6.3 ]; then
    echo "Swift 6.3 or newer is needed, found ${version:-none on the PATH}; see https://www.swift.org/install" >&2
    return 69
  fi
}

# What the library links, and what the examples link beside it.
library_packages=(libopenblas-dev libnifti-dev zlib1g-dev pkg-config)
example_packages=("${library_packages[@]}" libpng-dev)

# Scripts build every package into one folder: the library is compiled once for its tests, the examples and the ranks. A plan of the
# build that is kept there would be that of whichever package came last, so each command makes its own.
shared_build=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.build
shared_options=(--scratch-path "$shared_build" --disable-build-manifest-caching)
