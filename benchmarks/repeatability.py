# SPDX-License-Identifier: Apache-2.0
"""How well two campaigns over the same layers agree, and whether the machine explains the rest.

usage: repeatability.py FIRST.db SECOND.db [...]

Each argument is a store that `neuralpower measure` wrote. For each pair: the differences of the
layers' median runtimes in per cent (median layer, 95th percentile, all layers together), the same
after dividing each runtime by the machine's pace at its time (arithmetic, memory, and the part of
both that fits best), and the pace of the second campaign relative to the first. For each store: its
odd against its even repetitions.
"""

import math
import os
import sqlite3
import statistics
import sys


def medians(store, which=lambda number: True):
    """Per layer: the median runtime of the repetitions that count, and the row's extras."""
    rows = sqlite3.connect(f"file:{store}?mode=ro", uri=True).execute(
        "SELECT layers.text, extras, runtime_s, marks, number FROM repetitions"
        " JOIN measurements ON measurements.id = measurement JOIN layers ON layers.id = layer")
    layers = {}
    for text, extras, runtime, marks, number in rows:
        layer = layers.setdefault(text, (dict(p.split("=") for p in extras.split()), [], []))
        layer[1].append((runtime, number))
        if not marks:
            layer[2].append((runtime, number))
    found = {}
    for text, (extras, everything, clean) in layers.items():
        chosen = clean if 2 * len(clean) >= len(everything) else everything
        runtimes = [runtime for runtime, number in chosen if which(number)]
        if runtimes:
            found[text] = statistics.median(runtimes), {k: float(v) for k, v in extras.items()}
    return found


def summary(ratios, weights=None):
    errors = sorted(100 * abs(ratio - 1) for ratio in ratios)
    return statistics.median(errors), errors[int(0.95 * (len(errors) - 1))]


def line(name, ratios, total=None):
    median, high = summary(ratios)
    end = "" if total is None else f"   all together {100 * (total - 1):+5.1f}"
    print(f"  {name:<34} median {median:5.1f}   95th percentile {high:5.1f}{end}")


def compare(first, second):
    common = [layer for layer in first if layer in second]
    a = [first[layer][0] for layer in common]
    b = [second[layer][0] for layer in common]
    ratios = [y / x for x, y in zip(a, b)]
    line("as measured", ratios, sum(b) / sum(a))
    paces = {}
    for key in ("pace_arithmetic_us", "pace_memory_us"):
        if all(key in s[layer][1] for s in (first, second) for layer in common):
            paces[key] = [second[layer][1][key] / first[layer][1][key] for layer in common]
            line(f"divided by {key[5:-3]}", [r / p for r, p in zip(ratios, paces[key])])
    if len(paces) < 2:
        return
    arithmetic, memory = paces.values()
    best = min((summary([r / p ** (part * u) / q ** (part * (1 - u))
                         for r, p, q in zip(ratios, arithmetic, memory)]), part, u)
               for part in (0, 0.25, 0.5, 0.75, 1) for u in (0, 0.5, 1))
    print(f"  best of both (power {best[1]}, arithmetic's share {best[2]}): "
          f"median {best[0][0]:.1f}   95th percentile {best[0][1]:.1f}")
    correlation = [statistics.correlation([math.log(r) for r in ratios], [math.log(p) for p in pace])
                   if len(set(pace)) > 1 else 0 for pace in (arithmetic, memory)]
    print(f"  pace: arithmetic {100 * (statistics.median(arithmetic) - 1):+.1f} % of its time, "
          f"memory {100 * (statistics.median(memory) - 1):+.1f} %; "
          f"correlation over layers {correlation[0]:.2f}, {correlation[1]:.2f}")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    stores = {os.path.basename(path): path for path in sys.argv[1:]}
    for name, path in stores.items():
        odd, even = (medians(path, lambda n, p=p: n % 2 == p) for p in (1, 0))
        common = [layer for layer in odd if layer in even]
        print(f"{name}: {len(odd)} layers")
        line("odd against even repetitions", [even[layer][0] / odd[layer][0] for layer in common])
    names = list(stores)
    for i, second in enumerate(names):
        for first in names[:i]:
            print(f"{first} and {second}")
            compare(medians(stores[first]), medians(stores[second]))


if __name__ == "__main__":
    main()
