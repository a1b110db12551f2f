#!/bin/sh
# Installs the Debian packages that building, testing and measuring need; does nothing if they are
# all there. Uses sudo where it is needed and available.
# --browser: also what only the tests need, a browser (tests/browser) and other shells (completion);
# --slurm: also a cluster for tests/slurm_test.py, where this is root (elsewhere that test skips
# itself); --explorer: also the compiler that makes the explorer's page (neuralpower/explorer).
set -eu

packages="g++ cmake ninja-build make git ca-certificates
  libcli11-dev libfmt-dev nlohmann-json3-dev libmd-dev libprotozero-dev libsqlite3-dev zlib1g-dev
  libdnnl-dev libopenblas-dev libeigen3-dev libgtest-dev libgmock-dev libbenchmark-dev
  python3 sqlite3 dpkg-dev file
  python3-dev pybind11-dev python3-numpy python3-pandas python3-tqdm python3-jsonschema
  clang libclang-rt-14-dev
  python3-venv python3-pip python3-setuptools python3-wheel"
for option in "$@"; do
  case $option in
    --browser) packages="$packages chromium chromium-driver python3-selenium zsh fish" ;;
    --slurm) [ "$(id -u)" -ne 0 ] || packages="$packages slurmctld slurmd slurm-client munge" ;;
    --explorer) packages="$packages emscripten node-acorn libcpp-httplib-dev" ;;
    *) echo "install-dependencies: there is no option $option" >&2; exit 2 ;;
  esac
done

missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "install-dependencies: this needs a Debian system; missing:$missing" >&2
  exit 3
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-dependencies: run as root, or install:$missing" >&2; exit 3; }
  as_root=sudo
fi
echo "installing:$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
