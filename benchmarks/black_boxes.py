#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What forests make of the very costs and quantities that the default method chooses from.

usage: black_boxes.py TABLE...      (each written by method_ablation FILE:KEY --table TABLE)

Held out, ten folds by configuration (dealt by numpy's generator, seed 1): the costs fitted as a
non-negative sum to relative errors, that sum times extremely randomised trees (500), times
gradient-boosted trees (the mean of two fits), times the mean of both, the last three also scaled by
the one factor that suits the held-out rows best, as they are fitted to logarithms.
RMSPE (MAPE) in per cent. Needs numpy, scipy and scikit-learn.
"""
import sys

import numpy as np
from scipy.optimize import nnls
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor


def fitted_sum(costs, y):
    relative = costs / y[:, None]
    scale = np.sqrt((relative**2).mean(0)) + 1e-300
    return nnls(relative / scale, np.ones(len(y)), maxiter=5000)[0] / scale


def rms(ratio):
    return f"{100 * np.sqrt(((ratio - 1) ** 2).mean()):.1f} ({100 * abs(ratio - 1).mean():.1f})"


def main():
    print("| set | sum | x trees | x boosted trees | x both | the three, scaled |\n|---|---|---|---|---|---|")
    for path in sys.argv[1:]:
        with open(path) as file:
            names = file.readline().rstrip("\n").split(";")
        table = np.loadtxt(path, delimiter=";", skiprows=1)
        y, costs = table[:, 0], table[:, [n.startswith("C ") for n in names]]
        quantities = table[:, [n.startswith("Q ") for n in names]]
        fold_of = np.random.RandomState(1).permutation(len(y)) % 10
        ratios = {name: np.zeros(len(y)) for name in ("sum", "trees", "boosted", "both")}
        for fold in range(10):
            train, test = fold_of != fold, fold_of == fold
            base = np.maximum(costs @ fitted_sum(costs[train], y[train]), 1e-3 * y.min())
            seen = np.hstack([quantities, np.log(base)[:, None]])
            target = np.log(y / base)[train]
            trees = ExtraTreesRegressor(500, max_features=0.5, n_jobs=2, random_state=0)
            trees = trees.fit(seen[train], target).predict(seen[test])
            boosted = np.mean([HistGradientBoostingRegressor(
                learning_rate=0.05, max_iter=400, max_leaf_nodes=16, min_samples_leaf=8, l2_regularization=3,
                random_state=k).fit(seen[train], target).predict(seen[test]) for k in range(2)], axis=0)
            for name, log in (("sum", 0), ("trees", trees), ("boosted", boosted), ("both", (trees + boosted) / 2)):
                ratios[name][test] = base[test] * np.exp(log) / y[test]
        scaled = [rms(r * r.sum() / (r**2).sum()) for name, r in ratios.items() if name != "sum"]
        print(f"| {path} | " + " | ".join(rms(r) for r in ratios.values()) + " | " + ", ".join(scaled) + " |",
              flush=True)


if __name__ == "__main__":
    main()
