#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Latency of networks from other networks' profiles: each left out in turn, predicted, and judged.

usage: profiles_leave_one_out.py NEURALPOWER FOLDER [OTHERS]

FOLDER holds NAME.all.json.gz (ONNX Runtime's profiles) and NAME.onnx. Measured is the median of a
profile's whole runs. With OTHERS, a folder of the same kind, nothing is left out: all of FOLDER is
trained on, and what is in OTHERS alone is predicted.
"""
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile


def names_in(folder):
    return sorted(path.name[: -len(".all.json.gz")] for path in folder.glob("*.all.json.gz"))


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    others = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    known = names_in(folder)
    asked = [name for name in names_in(others) if name not in known] if others else known

    def run(*arguments):
        return subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout

    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)

        def bring(name, where):
            run("samples", "import", where / f"{name}.all.json.gz", "--model", where / f"{name}.onnx",
                "-o", work / f"{name}.csv", "--networks-out", work / f"{name}.runs.csv")

        def train_on(names):
            run("train", *(work / f"{name}.csv" for name in names), "--device", "others",
                "-o", work / "device.json")

        for name in known:
            bring(name, folder)
        if others:
            train_on(known)
        print("| network | measured ms | predicted ms | error |\n|---|---|---|---|")
        errors = []
        for name in asked:
            if others:
                bring(name, others)
            else:
                train_on([other for other in known if other != name])
            prediction = json.loads(run("predict", (others or folder) / f"{name}.onnx", "--device",
                                        work / "device.json", "--format", "json"))
            with open(work / f"{name}.runs.csv", newline="") as runs:
                measured = statistics.median(float(row["runtime_ms"]) for row in csv.DictReader(runs))
            predicted = prediction["totals"]["runtime_ms"]["value"]
            errors.append(abs(predicted / measured - 1))
            print(f"| {name} | {measured:.2f} | {predicted:.2f} | {100 * (predicted / measured - 1):+.1f} % |")
    print(f"\nmedian {100 * statistics.median(errors):.1f} %,"
          f" {sum(error <= 0.12 for error in errors)} of {len(errors)} within 12 %,"
          f" {sum(error <= 0.25 for error in errors)} within 25 %")


if __name__ == "__main__":
    main()
