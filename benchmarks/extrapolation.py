#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far models can be trusted beyond what they were trained on.

usage: benchmarks/extrapolation.py NEURALPOWER DATA [METHOD...]

For each line of SPLITS a model is trained on the layers of one kind of DATA/SET/layers.csv whose
size in one dimension is at most the limit, and judged on all that are larger, up to several times
as large. Prints RMSPE (MAPE) of runtime in per cent for each method, as a table.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Set, kind, dimension, largest size trained on.
SPLITS = [
    ("xeon5120", "conv", "batch", 64),
    ("xeon5120", "conv", "inputs", 170),
    ("xeon5120", "conv", "outputs", 170),
    ("xeon5120", "conv", "pixels", 75),
    ("xeon5120", "conv", "kernel", 5),
    ("xeon5120", "fc", "batch", 128),
    ("xeon5120", "fc", "inputs", 1700),
    ("xeon5120", "fc", "outputs", 1700),
    ("xeon5120", "pool", "batch", 64),
    ("xeon5120", "pool", "inputs", 170),
    ("xeon5120", "pool", "pixels", 75),
    ("jetson_board", "conv", "inputs", 300),
    ("jetson_board", "conv", "outputs", 300),
    ("jetson_board", "conv", "pixels", 56),
    ("tx2_gpu", "conv", "inputs", 170),
    ("tx2_gpu", "conv", "outputs", 170),
    ("tx2_gpu", "conv", "pixels", 40),
    ("tx2_gpu", "conv", "kernel", 5),
    ("t4", "conv", "batch", 20),
    ("t4", "conv", "inputs", 500),
    ("t4", "conv", "outputs", 500),
    ("t4", "conv", "pixels", 60),
    ("t4", "fc", "batch", 2500),
    ("t4", "fc", "inputs", 20000),
    ("t4", "fc", "outputs", 20000),
]

# Where a layer text has the dimension; a layer without it has 1.
PATTERNS = {
    "batch": r" batch=(\d+)",
    "inputs": r" in=(\d+)",
    "pixels": r" in=\d+x(\d+)",
    "outputs": r" out=(\d+)",
    "kernel": r" kernel=(\d+)",
}


def split(table, kind, dimension, limit, folder):
    """Writes folder/inside.csv and folder/outside.csv; returns their numbers of configurations."""
    header, *rows = table.read_text().splitlines()
    parts = {"inside": [], "outside": []}
    for row in rows:
        text = row.split(",", 1)[0]
        if text.split(" ", 1)[0] != kind:
            continue
        found = re.search(PATTERNS[dimension], text)
        size = int(found[1]) if found else 1
        parts["inside" if size <= limit else "outside"].append(row)
    for name, part in parts.items():
        (folder / f"{name}.csv").write_text("\n".join([header, *part]) + "\n")
    return [len({row.split(",", 1)[0] for row in part}) for part in parts.values()]


def runtime_error(program, method, folder):
    model = folder / "model.json"
    subprocess.run([program, "train", folder / "inside.csv", "--device", "inside", "--method", method, "-q",
                    "-o", model], check=True, stdout=subprocess.DEVNULL)
    judged = subprocess.run([program, "evaluate", model, folder / "outside.csv", "--format", "json"],
                            check=True, capture_output=True, text=True)
    (errors,) = json.loads(judged.stdout)["targets"]["runtime"].values()
    return f"{errors['rmspe']:.1f} ({errors['mape']:.1f})"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, data = sys.argv[1], Path(sys.argv[2])
    methods = sys.argv[3:] or ["neuralpower", "roofline", "neuralpower-2017"]
    print("| layers | trained on | judged on | " + " | ".join(methods) + " |")
    print("|" + "---|" * (3 + len(methods)))
    for data_set, kind, dimension, limit in SPLITS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            inside, outside = split(data / data_set / "layers.csv", kind, dimension, limit, folder)
            errors = [runtime_error(program, method, folder) for method in methods]
        print(f"| {data_set} {kind} | {dimension} to {limit} ({inside}) | {outside} | " + " | ".join(errors) + " |",
              flush=True)


if __name__ == "__main__":
    main()
