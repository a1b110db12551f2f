#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Latency of networks from other networks' profiles: each left out in turn, predicted, and judged.

usage: profiles_leave_one_out.py NEURALPOWER FOLDER

FOLDER holds NAME.all.json.gz (ONNX Runtime's profiles) and NAME.onnx. Measured is the median of a
profile's whole runs.
"""
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    names = sorted(path.name[: -len(".all.json.gz")] for path in folder.glob("*.all.json.gz"))

    def run(*arguments):
        return subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout

    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for name in names:
            run("samples", "import", folder / f"{name}.all.json.gz", "--model", folder / f"{name}.onnx",
                "-o", work / f"{name}.csv", "--networks-out", work / f"{name}.runs.csv")
        print("| network | measured ms | predicted ms | error |\n|---|---|---|---|")
        errors = []
        for name in names:
            others = [work / f"{other}.csv" for other in names if other != name]
            run("train", *others, "--device", "others", "-o", work / "device.json")
            prediction = json.loads(run("predict", folder / f"{name}.onnx", "--device",
                                        work / "device.json", "--format", "json"))
            with open(work / f"{name}.runs.csv", newline="") as runs:
                measured = statistics.median(float(row["runtime_ms"]) for row in csv.DictReader(runs))
            predicted = prediction["totals"]["runtime_ms"]["value"]
            errors.append(abs(predicted / measured - 1))
            print(f"| {name} | {measured:.2f} | {predicted:.2f} | {100 * (predicted / measured - 1):+.1f} % |")
    print(f"\nmedian {100 * statistics.median(errors):.1f} %,"
          f" {sum(error <= 0.25 for error in errors)} of {len(errors)} within 25 %")


if __name__ == "__main__":
    main()
