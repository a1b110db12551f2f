#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory of lasso_cv against the number of rows and of terms: table, exponents, plot.

usage: lasso_growth.py LASSO_CV [--plot growth.svg] [--threads N] [--largest ROWS]

Seconds are of the processor, which other work on the machine disturbs less, least of the repetitions.
The exponents are slopes of straight lines through the logarithms: over all sizes, and over the last
three, where the fixed costs no longer show.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

ROWS = [1000, 3000, 10000, 30000, 100000, 300000, 1000000]
TERMS = [50, 100, 200, 400, 700, 1000]
DATA = pathlib.Path(__file__).resolve().parent / "lasso_data.py"


def measure(program, rows, terms, threads):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(DATA), str(rows), str(terms), folder], check=True)
        files = [f"{folder}/{name}.f64" for name in ("X", "y", "folds")]
        output = subprocess.run(
            [program, *files, "--columns", str(terms), "--repeat", "7" if rows * terms < 2e7 else "3",
             "--threads", str(threads)], stdout=subprocess.PIPE, check=True).stdout
    result = json.loads(output)
    return min(result["processor_seconds"]), result["peak_megabytes"], max(result["kkt"])


def exponent(sizes, seconds):
    x, y = [math.log(size) for size in sizes], [math.log(s) for s in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
            / sum((a - mean_x) ** 2 for a in x))


def series(name, sizes, run):
    print(f"\n| {name} | processor seconds | MB | KKT / lambda_max |\n|---|---|---|---|")
    points = []
    for size in sizes:
        seconds, megabytes, kkt = run(size)
        points.append((size, seconds, megabytes))
        print(f"| {size:,} | {seconds:.4f} | {megabytes:.0f} | {kkt:.0e} |", flush=True)
    seconds = [point[1] for point in points]
    print(f"\nexponent {exponent(sizes, seconds):.2f} over all,"
          f" {exponent(sizes[-3:], seconds[-3:]):.2f} over the last three")
    return points


def plot(path, by_rows, by_terms):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "growth"
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained", sharey=True)
    for axis, points, label in ((axes[0], by_rows, "rows (127 terms)"),
                                (axes[1], by_terms, "terms (10,000 rows)")):
        axis.loglog([p[0] for p in points], [p[1] for p in points], "o-", color="#1f5fa8")
        axis.set_xlabel(label)
        axis.grid(True, which="both", linewidth=0.3)
    axes[0].set_ylabel("processor seconds, one thread")
    figure.suptitle("Cross-validated Lasso path, 10 folds, 100 penalties", fontsize=10)
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--largest", type=int, default=ROWS[-1])
    arguments = parser.parse_args()
    rows = [n for n in ROWS if n <= arguments.largest]
    by_rows = series("rows (127 terms)", rows,
                     lambda n: measure(arguments.program, n, 127, arguments.threads))
    by_terms = series("terms (10,000 rows)", TERMS,
                      lambda p: measure(arguments.program, 10000, p, arguments.threads))
    if arguments.plot:
        plot(arguments.plot, by_rows, by_terms)


if __name__ == "__main__":
    main()
