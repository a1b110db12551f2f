#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same models evaluated with NumPy, as the peer of batch_predict.

usage: batch_predict_peer.py FEATURES.csv      written by `batch_predict ... --features FEATURES.csv`

Reads the features, the predictions and, from FEATURES.csv.json, the model; evaluates runtime and
power of all layers column by column, best of several runs, and prints layers a second and the
greatest relative difference. Knows products of powers and logarithms: models of one regime, as the
published method makes them.
"""
import csv
import json
import re
import sys
import time

import numpy as np

with open(sys.argv[1], newline="") as file:
    names = next(csv.reader(file))
    table = np.loadtxt(file, delimiter=",")
with open(sys.argv[1] + ".json") as file:
    models = next(iter(json.load(file)["layers"].values()))
features = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}
rows = len(table)


def factor(text):
    match = re.fullmatch(r"(log2\()?(\w+)\)?(?:\^([-\d.]+))?", text)
    log, name, exponent = match.group(1), match.group(2), float(match.group(3) or 1)
    return bool(log), name, exponent


def compile_model(model):
    (regime,) = model["regimes"]
    assert not regime.get("log_terms"), "products only"
    terms = [([factor(f) for f in name.split("*")], c) for name, c in regime["terms"].items()]
    return regime["intercept"], terms, model.get("minimum"), model.get("maximum")


def evaluate(compiled, cache):
    intercept, terms, low, high = compiled
    total = np.full(rows, float(intercept))
    for factors, coefficient in terms:
        product = None
        for key in factors:
            column = cache.get(key)
            if column is None:
                log, name, exponent = key
                column = np.log2(np.maximum(features[name], 1)) if log else features[name]
                if exponent == 2:
                    column = column * column
                elif exponent != 1:
                    column = column ** exponent
                cache[key] = column
            product = column if product is None else product * column
        total += coefficient * product
    if low is not None:
        np.maximum(total, low, out=total)
    if high is not None:
        np.minimum(total, high, out=total)
    return total


runtime, power = compile_model(models["runtime"]), compile_model(models["power"])
best = 1e300
for _ in range(7):
    start = time.process_time()
    cache = {}
    ms, watts = evaluate(runtime, cache), evaluate(power, cache)
    joules = ms * watts / 1e3
    best = min(best, time.process_time() - start)
difference = max(np.max(np.abs(ms / features["runtime_ms"] - 1)),
                 np.max(np.abs(watts / features["power_w"] - 1)))
print(json.dumps({"layers": rows, "numpy_per_s": round(rows / best),
                  "greatest_difference": float(difference)}))
