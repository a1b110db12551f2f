#!/bin/sh
# Installs what is missing and builds: everything, or the target that is named.
set -eu
cd "$(dirname "$0")/.."
tools/install-dependencies.sh
cmake --preset release
cmake --build --preset release ${1:+--target "$1"}
