# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel: the compiled part by CMake, and with it what a wheel has to bring along, the
device models and the small libraries (fmt, SQLite, libmd). The libraries behind the measuring
back-ends are large; those of the system are used where they are.

NEURALPOWER_BUILD_DIR names a build folder to take the compiled part from; without it there is a
fresh one, optimised for no particular processor.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent
BUNDLED = re.compile(r"^lib(fmt|sqlite3|md)\.so")


def version():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"project\(NeuralPower VERSION ([0-9.]+)", text).group(1)


class BuildWithCMake(build_ext):
    def build_extension(self, ext):
        package = pathlib.Path(self.get_ext_fullpath(ext.name)).resolve().parent
        build = os.environ.get("NEURALPOWER_BUILD_DIR")
        if not build:
            build = str(pathlib.Path(self.build_temp).resolve())
            subprocess.run(
                ["cmake", "-S", str(ROOT), "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 f"-DNEURALPOWER_PYTHON={sys.executable}", "-DNEURALPOWER_BUILD_TESTS=OFF",
                 "-DNEURALPOWER_BUILD_BENCHMARKS=OFF", "-DNEURALPOWER_PLAIN_FLAGS="], check=True)
        subprocess.run(["cmake", "--build", build, "--target", "neuralpower_python"], check=True)
        package.mkdir(parents=True, exist_ok=True)
        for module in pathlib.Path(build, "python", "neuralpower").glob("*.so"):
            shutil.copy2(module, package / module.name)
            for library in self.libraries_of(module):
                shutil.copy2(library, package / library.name)
        shutil.copytree(ROOT / "devices", package / "devices", dirs_exist_ok=True)

    @staticmethod
    def libraries_of(module):
        lines = subprocess.run(["ldd", str(module)], check=True, capture_output=True, text=True).stdout
        for line in lines.splitlines():
            name, _, place = line.strip().partition(" => ")
            if BUNDLED.match(name):
                yield pathlib.Path(place.split(" (")[0]).parent / name


setup(version=version(), ext_modules=[Extension("neuralpower._core", [])],
      cmdclass={"build_ext": BuildWithCMake})
