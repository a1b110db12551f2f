#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An architecture search with energy in the loop.

Candidates are small convolutional networks: stages of some width and depth. The search keeps what
lies on the front of (stand-in for) error and energy, and changes that a little: evolution in its
plainest form. The device model answers each generation in one call, so energy costs next to
nothing beside training or a proxy of accuracy; put yours in place of `error_of`.

    python3 examples/python/search_loop.py --device xeon-gold-5120 --candidates 2000
"""
import argparse
import random
import time

import numpy

import neuralpower

WIDTHS, DEPTHS, STAGES, IMAGE, BATCH = (64, 96, 128, 192, 256, 384, 512), (1, 2, 3, 4), 4, 112, 8


def layers_of(genes):
    """The candidate's layers as texts: what the device model predicts."""
    texts, channels, size = [], 64, IMAGE
    for width, depth in genes:
        for i in range(depth):
            stride = 2 if i == 0 else 1
            texts.append(f"conv batch={BATCH} in={channels}x{size}x{size} out={width} kernel=3x3 "
                         f"stride={stride}x{stride} pad=1x1")
            channels, size = width, (size + stride - 1) // stride
            texts.append(f"activation mode=relu batch={BATCH} in={channels}x{size}x{size}")
    texts.append(f"fc batch={BATCH} in={channels * size * size} out=1000")
    return texts


def error_of(genes):
    """A stand-in: wider and deeper is better, with diminishing returns. Yours trains or estimates."""
    capacity = sum(depth * width for width, depth in genes)
    return 0.2 + 0.6 / (1 + (capacity / 600) ** 0.7)


def energies_of(population, device):
    """J an item of each candidate, all of a generation in one call."""
    texts = [layers_of(genes) for genes in population]
    joules = neuralpower.predict_layers([t for layers in texts for t in layers], device)["energy_j"]
    ends = numpy.cumsum([len(layers) for layers in texts])
    return numpy.array([part.sum() for part in numpy.split(joules, ends[:-1])]) / BATCH


def mutate(genes, chance):
    genes = list(genes)
    stage = chance.randrange(STAGES)
    genes[stage] = (chance.choice(WIDTHS), chance.choice(DEPTHS))
    return tuple(genes)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--device", default="xeon-gold-5120")
    arguments.add_argument("--candidates", type=int, default=2000)
    arguments.add_argument("--generation", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    device = neuralpower.load_device(options.device)

    found = {}  # genes -> (error, J an item)
    start, spent = time.perf_counter(), 0.0
    parents = [tuple((chance.choice(WIDTHS), chance.choice(DEPTHS)) for _ in range(STAGES))
               for _ in range(options.generation)]
    while len(found) < options.candidates:
        population = [genes for genes in dict.fromkeys(parents) if genes not in found]
        if population:
            before = time.perf_counter()
            energies = energies_of(population, device)
            spent += time.perf_counter() - before
            for genes, energy in zip(population, energies):
                found[genes] = (error_of(genes), float(energy))
        ranking = neuralpower.rank({
            "name": [str(i) for i in range(len(found))],
            "error": [error for error, _ in found.values()],
            "epi_j": [energy for _, energy in found.values()]}, alphas=[1, 2, 4])
        genes = list(found)
        front = [genes[int(name)] for name in ranking.front]
        parents = [mutate(chance.choice(front), chance) for _ in range(options.generation)]

    print(f"{len(found)} candidates in {time.perf_counter() - start:.1f} s, "
          f"{1e6 * spent / len(found):.0f} us each for energy on {device.name}")
    print(f"{len(front)} on the front; the best by error^alpha x energy:")
    for alpha, name in zip(ranking.alphas, ranking.winners):
        best = genes[int(name)]
        error, energy = found[best]
        print(f"  alpha {alpha:g}: error {error:.3f}, {energy:.3f} J an item: "
              + " ".join(f"{depth}x{width}" for width, depth in best))


if __name__ == "__main__":
    main()
