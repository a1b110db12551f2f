#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulated training matrices of the kind layer measurements give, for the Lasso benchmarks.

usage: lasso_data.py ROWS TERMS FOLDER [--seed N]

TERMS is 127 (cubic in seven sizes of a convolution, and eight products), 502 (quartic in eight sizes,
and the same products), 1294 (quintic), or any number between: the first of the columns of the next.
Images and kernels are square, as nearly all are, so many columns are copies of others. Writes X.f64,
y.f64 and folds.f64 (row-major doubles, folds from 1) to FOLDER.
"""
import argparse
import itertools
import pathlib

import numpy as np

NAMES = ("batch", "out_height", "out_width", "kernel_width", "in_channels", "out_channels",
         "in_height", "in_width")


def configurations(rows, random):
    """Sizes of random convolutions, one row each, in the order of NAMES."""
    kernel = random.choice([1, 2, 3, 4, 5, 7, 11], rows)
    stride = random.choice([1, 1, 1, 2, 2, 4], rows)
    image = np.maximum(np.round(np.exp2(random.uniform(2.5, 7.9, rows))), kernel)
    out = np.floor((image + kernel // 2 * 2 - kernel) / stride) + 1
    batch = np.exp2(random.integers(0, 8, rows))
    channels_in = np.round(np.exp2(random.uniform(0, 9, rows)))
    channels_out = np.round(np.exp2(random.uniform(3, 9.3, rows)))
    return np.stack([batch, out, out, kernel, channels_in, channels_out, image, image], 1).astype(float)


def special_products(sizes):
    n, ho, wo, k, ci, co, hi, wi = sizes.T
    return [ho * wo * co * k * k * ci, n * ho * wo * co * k * k * ci, n * ho * wo * k * k * ci,
            n * ho * wo * co, k * k * ci * co, n * hi * wi * ci, n * wi * ci, n * hi * ci]


def expand(sizes, term_count):
    features, degree = (7, 3) if term_count <= 127 else (8, 4) if term_count <= 502 else (8, 5)
    columns = special_products(sizes)
    for d in range(1, degree + 1):
        for chosen in itertools.combinations_with_replacement(range(features), d):
            if len(columns) == term_count:
                break
            columns.append(np.prod(sizes[:, chosen], axis=1))
    return np.stack(columns, 1)


def targets(sizes, random):
    products = special_products(sizes)
    milliseconds = (0.05 + products[1] / 3e9 + 4 * (products[3] + products[5]) / 2e8
                    + 3e-5 * sizes[:, 5] * sizes[:, 1])
    return milliseconds * np.exp(0.1 * random.standard_normal(len(sizes)))


def blocks(rows, term_count, seed, block_rows=50000):
    random = np.random.default_rng(seed)
    for start in range(0, rows, block_rows):
        sizes = configurations(min(block_rows, rows - start), random)
        yield (expand(sizes, term_count), targets(sizes, random),
               random.permutation(np.arange(len(sizes)) % 10) + 1.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("terms", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with (open(arguments.folder / "X.f64", "wb") as x, open(arguments.folder / "y.f64", "wb") as y,
          open(arguments.folder / "folds.f64", "wb") as folds):
        for block_x, block_y, block_folds in blocks(arguments.rows, arguments.terms, arguments.seed):
            block_x.tofile(x)
            block_y.tofile(y)
            block_folds.tofile(folds)


if __name__ == "__main__":
    main()
