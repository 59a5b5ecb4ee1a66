#!/bin/sh
# Installs the Debian 12 packages that Triaxis builds and runs with, or those that are named as arguments; does nothing,
# quickly, where all are there.
set -eu

packages="${*:-
  build-essential cmake ninja-build
  libopenmpi-dev openmpi-bin libdnnl-dev libhwy-dev
  libfmt-dev libspdlog-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libxxhash-dev
  libpcre2-dev libsentencepiece-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  bible-kjv procps
}"

if ! command -v dpkg-query >/dev/null; then
  echo "make deps knows Debian packages only; install the equivalents of:$packages" >&2
  exit 0
fi

missing=""
for package in $packages; do
  # shellcheck disable=SC2016 # The ${...} is dpkg's.
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

# shellcheck source=/dev/null
. /etc/os-release
if [ "$ID" != debian ] || [ "${VERSION_ID:-}" != 12 ]; then
  echo "make deps is for Debian 12 and this is $PRETTY_NAME; the packages that are missing, by Debian's names:$missing" >&2
  exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "make deps needs root; as root, run: apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
echo "installing:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # One word a package.
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing
