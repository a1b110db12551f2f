#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the floors of a device model do to its held-out errors.

usage: floor_effect.py PROGRAM SAMPLES.csv [--kinds conv,fc,pool] [--methods M,M] [--folds 10] [--seed 1]

Trains with each fold of the configurations left out in turn, predicts the fold with the device model
as it is and again with its bounds taken out of the file, and prints a Markdown row a kind and method:
RMSPE (MAPE) of the runtime with its floors, without the minimum, and without minimum and roofline,
and how many rows a bound moved.
"""
import argparse
import csv
import json
import math
import pathlib
import random
import statistics
import subprocess
import tempfile

BOUNDS = (("as trained", ()), ("no minimum", ("minimum",)), ("no floor at all", ("minimum", "floor")))


def read(path, kinds):
    """The median runtime of each configuration, by kind."""
    runtimes = {}
    for row in csv.DictReader(open(path)):
        runtimes.setdefault(row["layer"], []).append(float(row["runtime_ms"]))
    by_kind = {kind: [] for kind in kinds}
    for layer, values in runtimes.items():
        kind = layer.split()[0]
        if kind in by_kind:
            by_kind[kind].append((layer, statistics.median(values)))
    return {kind: rows for kind, rows in by_kind.items() if rows}


def write(path, rows):
    with open(path, "w") as out:
        out.write("layer,runtime_ms\n")
        out.writelines(f"{layer},{ms!r}\n" for layer, ms in rows)


def predict(program, layers, model):
    text = subprocess.run([program, "predict", layers, "--device", model, "--format", "json"],
                          check=True, capture_output=True, text=True).stdout
    return [layer["runtime_ms"]["value"] for layer in json.loads(text)["layers"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("samples")
    parser.add_argument("--kinds", default="conv,fc,pool")
    parser.add_argument("--methods", default="neuralpower-2017,individual-layer,neuralpower")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("| kind (rows) | method | " + " | ".join(name for name, _ in BOUNDS) +
          " | rows moved by the minimum | by the roofline |")
    print("|---|---|" + "---|" * (len(BOUNDS) + 2))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, rows in read(arguments.samples, arguments.kinds.split(",")).items():
            random.Random(arguments.seed).shuffle(rows)
            for method in arguments.methods.split(","):
                errors = {name: [] for name, _ in BOUNDS}
                for fold in range(arguments.folds):
                    held_out = rows[fold::arguments.folds]
                    chosen = set(held_out)
                    write(folder / "train.csv", [row for row in rows if row not in chosen])
                    write(folder / "test.csv", held_out)
                    subprocess.run([arguments.program, "train", folder / "train.csv", "--device", "d",
                                    "--method", method, "-o", folder / "model.json"], check=True,
                                   stdout=subprocess.DEVNULL)
                    model = json.loads((folder / "model.json").read_text())
                    for name, bounds in BOUNDS:
                        for bound in bounds:
                            model["layers"][kind]["runtime"].pop(bound, None)
                        (folder / "changed.json").write_text(json.dumps(model))
                        values = predict(arguments.program, folder / "test.csv",
                                         folder / "changed.json")
                        errors[name] += [value / ms - 1 for value, (_, ms) in zip(values, held_out)]

                def cell(name):
                    e = errors[name]
                    rmspe = 100 * math.sqrt(sum(x * x for x in e) / len(e))
                    return f"{rmspe:.4g} ({100 * sum(map(abs, e)) / len(e):.3g})"

                def moved(a, b):
                    return sum(x != y for x, y in zip(errors[a], errors[b]))

                names = [name for name, _ in BOUNDS]
                print(f"| {kind} ({len(rows)}) | `{method}` | " + " | ".join(map(cell, names)) +
                      f" | {moved(names[0], names[1])} | {moved(names[1], names[2])} |", flush=True)


if __name__ == "__main__":
    main()
