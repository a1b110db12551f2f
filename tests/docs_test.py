#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of a page of the documentation: every ```sh block, in order, in one folder.

usage: docs_test.py BUILD_FOLDER REPOSITORY PAGE

The folder looks like the repository after a build, so that the commands are those a reader copies.
Measuring gets two seconds whatever the page says. Not run are blocks behind a comment
`<!-- not run: why -->` or `<!-- run where: COMMAND -->` where that command fails, and those that speak
of DATA/, which stands for files of the reader. Commands in a block of another kind would be missed
and are an error.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

build, root, page = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
BLOCK = re.compile(r"(?P<before>[^\n]*)\n```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(\$ |(build|tools|benchmarks)/|neuralpower [a-z]|cmake |python3 )", re.MULTILINE)
WHERE = re.compile(r"<!-- run where: (.*) -->")


def is_left_out(before, commands):
    where = WHERE.fullmatch(before)
    if where:
        return subprocess.run(where[1], shell=True, capture_output=True).returncode != 0
    return before.startswith("<!-- not run:") or "DATA/" in commands


def shortened(commands):
    return re.sub(r"--budget \S+", "--budget 2s", commands)


ran = skipped = 0
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for part in ("examples", "devices", "docs", "tests", "tools"):
        (folder / part).symlink_to(root / part)
    (folder / "build").mkdir()
    (folder / "build/release").symlink_to(build)
    environment = {key: value for key, value in os.environ.items() if key != "NEURALPOWER_DEVICES"}
    text = "\n" + page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        line = text[:block.start("text")].count("\n")
        if block["language"] != "sh":
            if not block["language"] and COMMAND.search(block["text"]):
                sys.exit(f"{page}:{line}: commands that no test would run; begin the block with ```sh")
            continue
        if is_left_out(block["before"], block["text"]):
            skipped += 1
            continue
        run = subprocess.run(["bash", "-eu", "-c", shortened(block["text"])], cwd=folder, text=True,
                             env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        ran += 1
        if run.returncode != 0:
            sys.exit(f"{page}:{line}: exit {run.returncode}\n{block['text']}\n{run.stdout[-2000:]}{run.stderr}")
print(f"{page.name}: {ran} blocks run, {skipped} not")
