#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an include that points up the ladder of folders.

usage: ladder_test.py REPOSITORY

The table is the architecture: a folder may include itself and what stands in its row. Everything
may include base. docs/architecture.md shows the same table in words.
"""
import pathlib
import re
import sys

MAY_INCLUDE = {
    "base": set(),
    "network": set(),
    "regression": set(),
    "importers": {"network"},
    "features": {"network"},
    "samples": {"network"},
    "model": {"features", "samples", "regression", "network"},
    "measure": {"samples", "network", "model"},
    "decide": {"model", "importers", "features", "samples", "regression", "network"},
    "report": {"decide", "measure", "model", "samples", "features", "importers", "regression", "network"},
    "api": {"decide", "measure", "model", "samples", "features", "importers", "regression", "network"},
    "explorer": {"report", "model", "importers", "network"},
    "cli": {"api", "report", "decide", "measure", "model", "samples", "features", "importers", "regression",
            "network"},
}
# Tests may look one room further: they need real files and real layers to try a thing on.
TESTS_MAY_ALSO = {"model": {"importers"}, "samples": {"importers"}, "measure": {"importers"}}
INCLUDE = re.compile(r'^\s*#\s*include\s+"neuralpower/([^"/]+)/')


def violations(root):
    for path in sorted((root / "neuralpower").rglob("*")):
        if path.suffix not in {".h", ".cc", ".cu"}:
            continue
        below = path.relative_to(root / "neuralpower").parts
        folder = below[0] if len(below) > 1 else "api"  # neuralpower.h is its front page
        if folder not in MAY_INCLUDE:
            yield f"{path}: folder '{folder}' has no rung on the ladder"
            continue
        allowed = MAY_INCLUDE[folder] | {folder, "base"}
        if path.stem.endswith("_test"):
            allowed |= TESTS_MAY_ALSO.get(folder, set())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match and match.group(1) not in allowed:
                yield f"{path}:{number}: {folder}/ may not include {match.group(1)}/"


def check_that_it_can_fail():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        bad = pathlib.Path(folder) / "neuralpower" / "network" / "x.h"
        bad.parent.mkdir(parents=True)
        bad.write_text('#include "neuralpower/model/device_model.h"\n')
        assert len(list(violations(pathlib.Path(folder)))) == 1


check_that_it_can_fail()
found = list(violations(pathlib.Path(sys.argv[1])))
print("\n".join(found) if found else "every include points down the ladder")
sys.exit(1 if found else 0)
