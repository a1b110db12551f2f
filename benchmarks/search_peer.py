#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What searching examples/spaces/ten-million.space costs without sharing layers, in Python.

usage: search_peer.py [NETWORKS]      of which the time of all 10 077 696 is extrapolated

Two peers on random networks of that space:
  paleo   the analytical model of Qi et al. (2017) in plain Python, layer by layer, as the published
          program works: operations / peak + bytes / bandwidth, forward pass, 62 % of the peak
  numpy   a dense polynomial of 119 monomials for runtime and one for power (the size of the
          published convolution models) for all convolutions of a batch of networks at once
Prints JSON: networks a second, and hours for the whole space.
"""
import itertools
import json
import random
import sys
import time

import numpy as np

WHOLE = 10_077_696
CHOICES = {
    "width1": (16, 24, 32, 48, 64, 96), "kernel1": (3, 5, 7),
    "width2": (16, 24, 32, 48, 64, 96), "kernel2": (3, 5),
    "width3": (32, 48, 64, 80, 96, 128), "kernel3": (1, 3, 5),
    "width4": (32, 48, 64, 80, 96, 128), "kernel4": (1, 3),
    "width5": (32, 48, 64, 80, 96, 128), "width6": (32, 48, 64, 80, 96, 128),
    "hidden": (64, 96, 128, 192, 256, 512)}


def layers(c, batch=16):
    """(kind, N, Ci, H, W, Co, k) of the fifteen layers."""
    size, channels = 32, 3
    for index, pooled in ((1, 0), (2, 1), (3, 0), (4, 1), (5, 0), (6, 1)):
        width, kernel = c[f"width{index}"], c.get(f"kernel{index}", 3)
        yield "conv", batch, channels, size, size, width, kernel
        channels = width
        if index in (1, 2, 3, 5):
            yield "relu", batch, channels, size, size, channels, 1
        if pooled:
            size //= 2
            yield "pool", batch, channels, size, size, channels, 2
    yield "fc", batch, channels, size, size, c["hidden"], 1
    yield "fc", batch, c["hidden"], 1, 1, 10, 1


def paleo(network, peak=6.1e12 * 0.62, bandwidth=336e9 * 0.62):
    total = 0.0
    for kind, n, ci, h, w, co, k in layers(network):
        if kind == "conv":
            flops, weights = 2 * n * h * w * co * ci * k * k, co * ci * k * k
        elif kind == "fc":
            flops, weights = 2 * n * ci * h * w * co, co * ci * h * w
        else:
            flops, weights = n * co * h * w * k * k, 0
        moved = 4 * (n * ci * h * w + weights + n * co * h * w)
        total += flops / peak + moved / bandwidth
    return total


def numpy_seconds(networks):
    rows = np.array([[n, ci, h, w, co, k] for net in networks
                     for kind, n, ci, h, w, co, k in layers(net) if kind == "conv"], dtype=float)
    columns = np.ascontiguousarray(np.concatenate([rows, np.log2(rows)], axis=1).T)
    terms = [t for d in (1, 2, 3) for t in itertools.combinations_with_replacement(range(7), d)][:119]
    weights = np.linspace(0.1, 1, len(terms))
    start = time.process_time()
    for _target in ("runtime", "power"):
        total = np.zeros(columns.shape[1])
        for weight, term in zip(weights, terms):
            product = columns[term[0]]
            for factor in term[1:]:
                product = product * columns[factor]
            total += weight * product
    return time.process_time() - start


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    random.seed(1)
    networks = [{name: random.choice(values) for name, values in CHOICES.items()}
                for _ in range(count)]
    start = time.process_time()
    for network in networks:
        paleo(network)
    plain = count / (time.process_time() - start)
    dense = count / min(numpy_seconds(networks) for _ in range(3))
    print(json.dumps({
        "networks": count,
        "paleo_python_per_s": round(plain), "paleo_python_whole_s": round(WHOLE / plain),
        "numpy_per_s": round(dense), "numpy_whole_s": round(WHOLE / dense)}))


main()
