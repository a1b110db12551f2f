#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is installed works from where it is installed: the program with its device models, the C++
library from another project, the Debian packages.

usage: package_test.py BUILD_FOLDER REPOSITORY install|deb
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

build, root, what = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
clean = {key: value for key, value in os.environ.items()
         if key not in ("NEURALPOWER_DEVICES", "LD_LIBRARY_PATH", "PYTHONPATH", "DESTDIR")}


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          env={**clean, **more.pop("env", {})}, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(condition, what_is_wrong):
    if not condition:
        sys.exit(what_is_wrong)


def check_program(prefix):
    out = run(prefix / "bin/neuralpower", "predict", prefix / "share/neuralpower/examples/networks/nin.layers",
              "--device", "xeon-gold-5120", cwd="/")
    check("30 of 30 layers covered" in out, out)
    check(str(root) not in run("strings", prefix / "bin/neuralpower"),
          "the program knows the folder it was built in")


def check_manual(prefix):
    """Each command has a page; troff and bash find nothing wrong with what was generated."""
    commands = re.findall(r"^  ([a-z]+) {2,}", run(prefix / "bin/neuralpower", "--help").split("Subcommands:")[1],
                          re.MULTILINE)
    check("predict" in commands, f"commands: {commands}")
    for command in commands:
        page = prefix / f"share/man/man1/neuralpower-{command}.1"
        if shutil.which("groff"):
            said = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], text=True, capture_output=True).stderr
            check(not said, f"{page.name}: {said}")
        check("EXAMPLES" in page.read_text(), f"{page.name} has no examples")
    script = prefix / "share/bash-completion/completions/neuralpower"
    completed = run("bash", "-c", f"PATH={prefix}/bin:$PATH; . {script}; COMP_WORDS=(neuralpower predict "
                    "--device xeon-g); COMP_CWORD=3; _neuralpower; echo ${COMPREPLY[@]}", cwd="/")
    check(completed == "xeon-gold-5120\n", f"completed: {completed}")
    for shell, script in (("zsh", "zsh/vendor-completions/_neuralpower"),
                          ("fish", "fish/vendor_completions.d/neuralpower.fish")):
        check("predict" in (prefix / "share" / script).read_text(), script)
        if shutil.which(shell):
            run(shell, "-n", prefix / "share" / script)


def check_headers(prefix, folder):
    include = prefix / "include"
    installed = {str(p.relative_to(include)) for p in include.rglob("*.h")}
    umbrella = run("g++", "-std=c++20", f"-I{include}", "-M", include / "neuralpower/neuralpower.h")
    needed = {str(pathlib.Path(p).relative_to(include)) for p in umbrella.split()
              if p.startswith(str(include))}
    check(installed == needed, f"headers installed but not needed, or the reverse: {installed ^ needed}")
    user = folder / "all.cc"
    user.write_text("".join(f"#include <{header}>\n" for header in sorted(installed)))
    run("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{include}", "-fsyntax-only", user)


def check_symbols(prefix):
    library = next((prefix / "lib").glob("libneuralpower.so.*.*.*"))
    for line in run("nm", "-DC", "--defined-only", library).splitlines():
        name = line.split(maxsplit=2)[-1]
        check(re.match(r"(typeinfo (name )?for |vtable for )?neuralpower::|NEURALPOWER_", name)
              or line.split()[1] == "A", f"{library.name} shows {name}")


def check_example(prefix, folder):
    source = prefix / "share/neuralpower/examples/cplusplus"
    run("cmake", "-S", source, "-B", folder / "example", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", folder / "example")
    networks = [prefix / f"share/neuralpower/examples/networks/{name}.layers" for name in ("alexnet", "nin")]
    out = run(folder / "example/greenest", "xeon-gold-5120", 8, *networks, cwd="/")
    check(re.search(r"least energy: (alexnet|nin)\n$", out), out)
    failed = subprocess.run([folder / "example/greenest", "xeon-gold-512", "8", networks[0]],
                            env=clean, text=True, capture_output=True)
    check(failed.returncode == 2 and "did you mean 'xeon-gold-5120'" in failed.stderr,
          f"an Error does not cross the library: {failed.returncode} {failed.stderr}")


def check_install(folder):
    prefix = folder / "moved"
    run("cmake", "--install", build, "--prefix", folder / "prefix")
    (folder / "prefix").rename(prefix)  # nothing may know where it was installed
    check_program(prefix)
    check_manual(prefix)
    check_headers(prefix, folder)
    check_symbols(prefix)
    check_example(prefix, folder)


def check_packages(folder):
    if not shutil.which("dpkg-shlibdeps"):
        print("needs dpkg-dev")
        sys.exit(77)
    run("cpack", "-G", "DEB", "-B", folder / "packages", "--config", build / "CPackConfig.cmake",
        "-D", f"CPACK_OUTPUT_FILE_PREFIX={folder}/packages", cwd=folder)
    packages = {p.name.split("_")[0]: p for p in (folder / "packages").glob("*.deb")}
    check({"neuralpower", "libneuralpower-dev"} <= set(packages), f"packages: {sorted(packages)}")
    for package in packages.values():
        run("dpkg-deb", "-x", package, folder / "unpacked")
        fields = run("dpkg-deb", "-f", package)
        check("Depends: " in fields and "(>= .)" not in fields, fields)
    for path in (folder / "unpacked").rglob("*"):
        check(path.relative_to(folder / "unpacked").parts[0] == "usr" or not path.is_file(), f"{path}")
    check_program(folder / "unpacked/usr")
    if "python3-neuralpower" in packages:
        run("/usr/bin/python3", "-c", "import neuralpower; p = neuralpower.predict("
            f"'{folder}/unpacked/usr/share/neuralpower/examples/networks/nin.layers', 'xeon-gold-5120'); "
            f"assert '{folder}' in neuralpower.__file__", cwd="/",
            env={"PYTHONPATH": str(folder / "unpacked/usr/lib/python3/dist-packages")})


with tempfile.TemporaryDirectory() as name:
    {"install": check_install, "deb": check_packages}[what](pathlib.Path(name).resolve())
print("works")
