#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the sessions in tests/cli/*.session and compares what the program prints.

usage: cli_test.py PROGRAM SESSION

A session is a text a user could have typed:

    # a comment
    $ neuralpower inspect examples/networks/alexnet.layers
    ...                        any lines, or none
    total  {}  714M            {} stands for any text inside a line; blanks may be any number
    [exit 2]                   the exit code, if it is not 0
    $ cat > $TMP/x.layers <<END   any shell works; $TMP is an empty folder, the folder is the repository

Standard error stands behind standard output.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

program, session = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
root = pathlib.Path(__file__).resolve().parent.parent


def steps(text):
    """(line number, command, expected lines, exit code) of each command of a session."""
    found, here = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if here:  # inside a here-document
            found[-1][1] += "\n" + line
            if line == here:
                here = None
        elif line.startswith("$ "):
            found.append([number, line[2:], [], 0])
            document = re.search(r"<<'?(\w+)'?", line)
            here = document.group(1) if document else None
        elif line.startswith("[exit "):
            found[-1][3] = int(line[6:-1])
        elif found and not (line.startswith("#") or not line.strip()):
            found[-1][2].append(line)
    return found


def pattern(line):
    # The blanks of a table depend on its widest cell; {} is any text.
    words = re.split(r"(\{\}|\s+)", line.strip())
    return "".join(".*" if w == "{}" else r"\s+" if w.isspace() else re.escape(w) for w in words)


def matches(expected, got):
    if not expected:
        return not got
    if expected[0].strip() == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and re.fullmatch(pattern(expected[0]), got[0].strip()) is not None \
        and matches(expected[1:], got[1:])


failed = 0
with tempfile.TemporaryDirectory() as folder:
    os.symlink(program, f"{folder}/neuralpower")
    os.mkdir(f"{folder}/tmp")
    environment = dict(os.environ, TMP=f"{folder}/tmp", PATH=f"{folder}:{os.environ['PATH']}",
                       NEURALPOWER_DEVICES=str(root / "devices"))
    for number, command, expected, code in steps(session.read_text(encoding="utf-8")):
        run = subprocess.run(["bash", "-c", command], cwd=root, env=environment, text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, errors="replace")
        got = [l for l in (run.stdout + run.stderr).replace(f"{folder}/tmp", "$TMP").splitlines()
               if l.strip()]
        if run.returncode != code or not matches(expected, got):
            failed += 1
            print(f"{session}:{number}: $ {command}\n--- expected [exit {code}]")
            print("\n".join(expected) + f"\n--- got [exit {run.returncode}]\n" + "\n".join(got) + "\n")
print(f"{session.name}: {failed} failed")
sys.exit(1 if failed else 0)
