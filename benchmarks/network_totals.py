#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many measured networks a device model from totals needs.

usage: network_totals.py PROGRAM networks.csv MODEL... [--counts 3,5,8,11] [--draws 12] [--seed 1]

Draws some of the networks, learns from their totals (train --networks), and predicts the others.
Prints a Markdown row a count: RMSPE and MAPE of the runtime over all draws, the mean number of terms
a kind of layer has, and how often the 90 % interval held the measured total.
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("networks")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--counts", default="3,5,8,11")
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rows = list(csv.DictReader(open(arguments.networks)))
    files = {pathlib.Path(model).stem: model for model in arguments.models}
    measured = {}
    for row in rows:
        if row["network"] in files:
            measured.setdefault((row["network"], row["batch"]), []).append(float(row["runtime_ms"]))
    names = sorted({name for name, _ in measured})
    print("| networks learned from | RMSPE % | MAPE % | terms a kind | 90 % intervals hold |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for count in map(int, arguments.counts.split(",")):
            errors, inside, terms = [], [], []
            for draw in range(arguments.draws):
                chosen = random.Random(1000 * arguments.seed + draw).sample(names, count)
                with open(folder / "some.csv", "w", newline="") as out:
                    writer = csv.DictWriter(out, rows[0].keys())
                    writer.writeheader()
                    writer.writerows(row for row in rows if row["network"] in chosen)
                subprocess.run([arguments.program, "train", "--networks", folder / "some.csv",
                                "--models", *(files[name] for name in chosen), "--device", "d",
                                "-o", folder / "d.json"], check=True, stdout=subprocess.DEVNULL)
                model = json.loads((folder / "d.json").read_text())
                terms += [key["runtime"]["terms"] for key in model["layers"].values()]
                for (name, batch), values in measured.items():
                    if name in chosen:
                        continue
                    text = subprocess.run(
                        [arguments.program, "predict", files[name], "--device", folder / "d.json",
                         "--batch", batch, "--format", "json"], check=True, capture_output=True,
                        text=True).stdout
                    totals = json.loads(text)["totals"]
                    if totals["coverage"]["covered"] < totals["coverage"]["layers"]:
                        continue  # has a kind of layer that none of the chosen has
                    truth, runtime = statistics.median(values), totals["runtime_ms"]
                    errors.append(runtime["value"] / truth - 1)
                    inside.append(runtime["low"] <= truth <= runtime["high"])
            rmspe = 100 * math.sqrt(sum(e * e for e in errors) / len(errors))
            mape = 100 * sum(map(abs, errors)) / len(errors)
            print(f"| {count} | {rmspe:.1f} | {mape:.1f} | {statistics.mean(terms):.1f} | "
                  f"{100 * statistics.mean(inside):.0f} % of {len(inside)} |", flush=True)


if __name__ == "__main__":
    main()
