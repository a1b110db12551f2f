#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several software stacks on one machine: a campaign each, its device model, and whole networks.

usage: software_stacks.py NEURALPOWER FOLDER [--budget 5m] [--precision 10%] [BACKEND ...]

With each back-end (onednn, openblas, eigen) the layers of examples/plans/cpu-two-minutes.plan are
measured, but for those of four networks, which are then predicted and run as wholes. FOLDER gets
the store, the medians as BACKEND.csv and the device model. Prints three tables: the campaigns, the
held-out errors of the layers (ten folds by configuration, seed 1), and the networks' errors.
"""
import argparse
import csv
import json
import pathlib
import statistics
import subprocess

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
NETWORKS = [EXAMPLES / "networks" / f"{name}.layers" for name in ("alexnet", "nin", "vgg16", "resnet50")]
COLUMNS = ["layer", "runtime_ms", "fastest_ms", "windows", "ci95_percent", "pace_arithmetic_us",
           "pace_memory_us", "device", "software"]


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def write_medians(rows, path):
    """One row a layer: the median of its repetitions, with what else is known of it."""
    layers = {}
    for row in rows:
        layers.setdefault(row["layer"], []).append(row)
    with open(path, "w", newline="") as file:
        out = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        for windows in layers.values():
            runtimes = [float(window["runtime_ms"]) for window in windows]
            out.writerow({**windows[0], "runtime_ms": f"{statistics.median(runtimes):.6g}",
                          "fastest_ms": f"{min(runtimes):.6g}", "windows": len(runtimes),
                          "ci95_percent": f"{float(windows[0]['ci95_percent']):.3g}",
                          "pace_arithmetic_us": f"{float(windows[0]['pace_arithmetic_us']):.4g}",
                          "pace_memory_us": f"{float(windows[0]['pace_memory_us']):.4g}"})
    return len(layers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("backends", nargs="*", default=["onednn", "openblas", "eigen"])
    parser.add_argument("--budget", default="5m")
    parser.add_argument("--precision", default="10%")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)

    campaigns, errors, networks = {}, {}, {}
    for backend in asked.backends:
        store, samples = asked.folder / f"{backend}.db", asked.folder / f"{backend}.csv"
        raw, device = asked.folder / f"{backend}.windows.csv", asked.folder / f"{backend}.json"
        said = run(asked.program, "measure", "--space", EXAMPLES / "plans" / "cpu-two-minutes.plan",
                   "--backend", backend, "--precision", asked.precision, "--budget", asked.budget,
                   "--exclude", *NETWORKS, "--store", store)
        campaigns[backend] = [line for line in said.splitlines() if " in measured windows" in line
                              or line.endswith("not reached")]
        run(asked.program, "samples", "export", store, "-o", raw)
        with open(raw, newline="") as file:
            write_medians(csv.DictReader(file), samples)
        judged = json.loads(run(asked.program, "crossvalidate", samples, "--seed", 1, "--format", "json"))
        errors[backend] = judged["targets"]["runtime"]
        run(asked.program, "train", samples, "--device", "this CPU", "-o", device)

        wholes = asked.folder / f"{backend}.wholes.db"
        run(asked.program, "measure", *NETWORKS, "--whole", "--batch", 1, "--backend", backend,
            "--store", wholes)
        passes = {}
        for row in csv.DictReader(run(asked.program, "samples", "networks", wholes).splitlines()):
            passes.setdefault(row["network"], []).append(float(row["runtime_ms"]))
        networks[backend] = {}
        for network in NETWORKS:
            predicted = json.loads(run(asked.program, "predict", network, "--device", device, "--format", "json"))
            measured = passes[network.stem]
            networks[backend][network.stem] = (
                100 * (predicted["totals"]["runtime_ms"]["value"] / statistics.median(measured) - 1),
                100 * (max(measured) / min(measured) - 1))

    for backend, lines in campaigns.items():
        print(f"{backend}: " + "; ".join(lines))
    kinds = sorted({kind for judged in errors.values() for kind in judged},
                   key=lambda kind: -max(judged[kind]["samples"] for judged in errors.values() if kind in judged))
    print("\n| MAPE % | " + " | ".join(kinds) + " |\n|---" + "|---" * len(kinds) + "|")
    for backend, judged in errors.items():
        print(f"| `{backend}` | " + " | ".join(f"{judged[k]['mape']:.1f}" if k in judged else "" for k in kinds) + " |")
    print("| rows | " + " | ".join(str(max(j[k]["samples"] for j in errors.values() if k in j)) for k in kinds) + " |")
    print("\n| back-end | " + " | ".join(n.stem for n in NETWORKS) + " |\n|---" + "|---" * len(NETWORKS) + "|")
    for backend, found in networks.items():
        print(f"| `{backend}` | " + " | ".join(f"{e:+.1f} % ({s:.0f} %)" for e, s in found.values()) + " |")


if __name__ == "__main__":
    main()
