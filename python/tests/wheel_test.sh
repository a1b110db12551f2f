#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the wheel from a build folder, installs it into a fresh virtual environment and tests it
# there.
# usage: wheel_test.sh PYTHON BUILD_FOLDER REPOSITORY [PROGRAM]
set -eu
python=$1 repository=$3
export NEURALPOWER_BUILD_DIR=$2 NEURALPOWER=${4:-}
"$python" -c 'import setuptools, wheel, venv, pip, ensurepip' 2>/dev/null || {
  echo "needs python3-pip, python3-venv, python3-setuptools and python3-wheel"
  exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The sources are copied: setuptools leaves files beside them.
mkdir "$folder/source"
for part in CMakeLists.txt README.md pyproject.toml setup.py python devices; do
  cp -R "$repository/$part" "$folder/source/"
done
"$python" -m pip wheel -q --no-build-isolation --no-deps --no-index -w "$folder" "$folder/source"
ls -l "$folder"/*.whl
"$python" -m venv --system-site-packages "$folder/venv"
"$folder/venv/bin/pip" install -q --no-deps --no-index "$folder"/*.whl
cd "$folder"
venv/bin/python -c 'import neuralpower, os; assert os.getcwd() in neuralpower.__file__, neuralpower.__file__
assert "xeon-gold-5120" in [m["name"] for m in neuralpower.devices()["models"]]'
# What depends on how it was installed; the rest is tested in the build folder.
cd "$repository/python/tests"
PYTHONDONTWRITEBYTECODE=1 "$folder/venv/bin/python" -m unittest test_neuralpower.Predicting test_neuralpower.Deciding test_neuralpower.Errors
