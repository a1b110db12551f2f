#!/bin/sh
# Makes what others install, for any processor of this kind: the Debian packages and the Python
# wheel, in build/package/packages. The explorer's page is in the first; making it takes some minutes.
# tests/bare_root_test.sh tries the packages in a bare Debian.
set -eu
cd "$(dirname "$0")/.."
tools/install-dependencies.sh --explorer
cmake --preset package
cmake --build --preset package
cmake --build --preset package --target explorer
rm -rf build/package/packages
(cd build/package && cpack -G DEB)
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3 # the one that Debian's packages are for
# The sources are copied: setuptools leaves files beside them.
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
cp -R CMakeLists.txt README.md pyproject.toml setup.py python devices "$source"
NEURALPOWER_BUILD_DIR=$PWD/build/package "$python" -m pip wheel -q --no-build-isolation --no-deps \
  --no-index -w build/package/packages "$source"
ls -l build/package/packages
