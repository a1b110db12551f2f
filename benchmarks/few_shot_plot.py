#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Summarises what few_shot printed: a Markdown table on standard output and a plot.

usage: few_shot_plot.py RESULTS.jsonl... [--plot few_shot.svg]

Medians over the seeds. Needs Debian's python3-matplotlib for the plot.
"""
import argparse
import collections
import json
import statistics


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="+")
    parser.add_argument("--plot")
    arguments = parser.parse_args()
    values = collections.defaultdict(list)
    for path in arguments.results:
        for line in open(path):
            r = json.loads(line)
            place = (r["to"], r["rows"], r["method"], r["from"])
            values[place].append((r["runtime"]["rmspe"], r["runtime"]["mape"], r["runtime"]["inside"],
                                  r.get("power", {}).get("rmspe")))

    def median(place, index):
        known = [v[index] for v in values.get(place, []) if v[index] is not None]
        return statistics.median(known) if known else None

    targets = sorted({place[0] for place in values})
    sources = sorted({place[3] for place in values} - {""})

    print("| to | rows | sum | from scratch | " +
          " | ".join(f"from {source}" for source in sources) + " |")
    print("|---|---|---|---|" + "---|" * len(sources))

    def cell(place):
        runtime, power = median(place, 0), median(place, 3)
        if runtime is None:
            return "–"
        return f"{runtime:.1f} ({median(place, 1):.1f})" + (f"; {power:.1f}" if power else "")

    for to in targets:
        for rows in sorted({place[1] for place in values if place[0] == to}):
            places = [(to, rows, "sum", ""), (to, rows, "scratch", "")]
            places += [(to, rows, "transferred", source) for source in sources]
            print(f"| {to} | {rows} | " + " | ".join(map(cell, places)) + " |")

    if not arguments.plot:
        return
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    matplotlib.rcParams["svg.hashsalt"] = "few_shot"
    matplotlib.rcParams["svg.fonttype"] = "none"
    figure, axes = plt.subplots(1, len(targets), figsize=(3.6 * len(targets), 3.6), sharey=True)
    colours = dict(zip(sources, ("#E69F00", "#56B4E9", "#009E73", "#CC79A7")))
    for axis, to in zip(axes, targets):
        def curve(method, source):
            points = sorted((place[1], median(place, 1)) for place in values
                            if place[0] == to and place[2:] == (method, source))
            return [p[0] for p in points], [p[1] for p in points]

        axis.plot(*curve("sum", ""), "o-", color="#999999", label="physical sum")
        axis.plot(*curve("scratch", ""), "o-", color="#000000", label="from scratch")
        for source in sources:
            if source != to:
                axis.plot(*curve("transferred", source), "o--", color=colours[source],
                          label=f"adapted from {source}")
        axis.set_xscale("log")
        axis.set_ylim(0, 60)
        axis.set_title(to)
        axis.set_xlabel("measured convolutions")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    axes[0].set_ylabel("runtime, held-out MAPE (%)")
    figure.tight_layout()
    figure.savefig(arguments.plot, metadata={"Date": None})


if __name__ == "__main__":
    main()
