#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `neuralpower inspect` against the onnx library's own tests of single operators.

usage: onnx_node_models.py NEURALPOWER

The library has some nine hundred small models with recorded inputs and outputs. Inputs that say
sizes (integers, lists) become initializers with their recorded elements; the shapes that the node of
the first output writes must be the recorded ones. Models with empty inputs are left out: a size of 0
is an open one here. Prints what is refused and what is unsupported, with reasons.
Needs python3-onnx. Exit code 1 if any shape differs.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

# Names that the library's tests use and today's NumPy no longer has.
np.float, np.bool, np.int, np.object = float, bool, int, object

import onnx  # pylint: disable=wrong-import-position
from onnx.backend.test.case.node import collect_testcases  # pylint: disable=wrong-import-position


def with_sizes(model, inputs):
    """The model, its inputs that could say sizes turned into initializers."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    activations = []
    for i, (info, data) in enumerate(zip(model.graph.input, inputs)):
        says_sizes = i > 0 and isinstance(data, np.ndarray) and data.size <= 4096 and \
            (data.dtype.kind in "iu" or data.ndim <= 1 and data.dtype.kind in "bf")
        if says_sizes:
            made.graph.initializer.append(onnx.numpy_helper.from_array(data, info.name))
        else:
            activations.append(info)
    del made.graph.input[:]
    made.graph.input.extend(activations)
    return made


def shapes_of_output(graph, layers, recorded):
    """What the layer that writes the first output writes: as inspected, and as recorded."""
    sizes = {info.name: "x".join(map(str, data.shape)) or "scalar"
             for info, data in zip(graph.output, recorded)
             if isinstance(data, (np.ndarray, np.generic))}
    for i, node in enumerate(graph.node):
        if graph.output[0].name in node.output:
            name = node.name or f"{node.op_type} #{i}"
            for layer in layers:
                if layer["name"] == name:
                    return layer["out"], "+".join(sizes[each] for each in node.output if each in sizes)
    return layers[-1]["out"], sizes.get(graph.output[0].name)


def verdict(program, path, model, recorded):
    done = subprocess.run([program, "inspect", path, "--format", "json"], capture_output=True, text=True)
    if done.returncode != 0:
        return "refused", done.stderr.strip().split(": ", 3)[-1]
    report = json.loads(done.stdout)
    if report["unsupported"]:
        return "unsupported", f"{report['unsupported'][0]['op']}: {report['unsupported'][0]['reason']}"
    if not report["layers"]:
        return "without layers", ""
    out, wanted = shapes_of_output(model.graph, report["layers"], recorded)
    if not wanted:
        return "not compared", ""  # no tensors
    return ("equal", "") if out == wanted else ("DIFFERENT", f"{out} instead of {wanted}")


def main():
    found = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.onnx")
        for case in collect_testcases(None):
            inputs, outputs = case.data_sets[0]
            if any(isinstance(data, np.ndarray) and data.size == 0 for data in inputs):
                continue
            model = with_sizes(case.model, inputs)
            onnx.save(model, path)
            kind, why = verdict(sys.argv[1], path, model, outputs)
            found[kind].append(f"{case.name}: {why}")
    for kind, cases in sorted(found.items()):
        for line in cases if kind not in ("equal", "without layers", "not compared") else []:
            print(f"{kind} {line}")
    print(", ".join(f"{len(cases)} {kind}" for kind, cases in sorted(found.items())))
    return 1 if found["DIFFERENT"] else 0


if __name__ == "__main__":
    sys.exit(main())
