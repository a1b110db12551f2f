#!/bin/sh
# Installs what is missing, builds, and runs every test.
set -eu
cd "$(dirname "$0")/.."
tools/install-dependencies.sh --browser --explorer --slurm
tools/build.sh
ctest --test-dir build/release --output-on-failure -j 2
