#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layers measured alone against the networks they are from, for sizes of what keeps caches busy.

usage: cached_bytes.py NEURALPOWER [--backend onednn] [--batch 1,8] [--cached-mib 0,0 24,16 ...]

Each network of examples/networks named below runs as a whole and its layers alone, under each
setting of `measure --cached-mib`. Prints, per network and batch: the whole's runtime, and by how
much the sum of its layers differs from it, alone under each setting and in their place.
"""
import argparse
import collections
import csv
import json
import pathlib
import statistics
import subprocess
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
NETWORKS = ["alexnet", "nin", "vgg16", "resnet50"]
SETTINGS = ["0,0", "16,4", "32,8", "24,16", "64,16", "128,32"]


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--backend", default="onednn")
    parser.add_argument("--batch", default="1,8")
    parser.add_argument("--cached-mib", nargs="+", default=SETTINGS)
    asked = parser.parse_args()
    print("| network, batch | whole (ms) | " + " | ".join(asked.cached_mib) + " | in place |")
    print("|---" * (3 + len(asked.cached_mib)) + "|")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for name in NETWORKS:
            file = EXAMPLES / "networks" / f"{name}.layers"
            for batch in asked.batch.split(","):
                store = work / f"{name}.{batch}.db"
                whole = json.loads(run(asked.program, "measure", file, "--whole", "--batch", batch, "--backend",
                                       asked.backend, "--store", store, "--format", "json"))["networks"][0]
                of_network = collections.Counter(
                    layer["layer"] for layer in
                    json.loads(run(asked.program, "inspect", file, "--batch", batch, "--format", "json"))["layers"])
                sums = []
                for setting in asked.cached_mib:
                    alone = work / f"{name}.{batch}.{setting}.db"
                    run(asked.program, "measure", file, "--batch", batch, "--backend", asked.backend,
                        "--cached-mib", setting, "--store", alone)
                    runtimes = collections.defaultdict(list)
                    for row in csv.DictReader(run(asked.program, "samples", "export", alone).splitlines()):
                        runtimes[row["layer"]].append(float(row["runtime_ms"]))
                    sums.append(sum(statistics.median(runtimes[layer]) * count
                                    for layer, count in of_network.items() if layer in runtimes))
                percent = [f"{100 * (total / whole['runtime_ms'] - 1):+.1f}"
                           for total in (*sums, whole["layers_in_place_ms"])]
                print(f"| {name}, {batch} | {whole['runtime_ms']:.1f} | " + " | ".join(percent) + " |", flush=True)


if __name__ == "__main__":
    main()
