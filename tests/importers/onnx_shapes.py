#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shapes that `neuralpower inspect` infers against those of the onnx library.

usage: onnx_shapes.py NEURALPOWER FILE.onnx...

Every node whose output shape the library knows in full, and that is a layer here, must have it.
Needs python3-onnx. Exit code 1 if any shape differs.
"""
import json
import subprocess
import sys

import onnx
from onnx import shape_inference


def library_shapes(path):
    """{node name as inspect gives it: sizes of its first output}"""
    model = shape_inference.infer_shapes(onnx.load(path, load_external_data=False),
                                         data_prop=True)
    sizes = {}
    for value in [*model.graph.value_info, *model.graph.output]:
        dims = value.type.tensor_type.shape.dim
        known = value.type.tensor_type.HasField("shape")
        if known and all(d.HasField("dim_value") for d in dims):
            sizes[value.name] = [d.dim_value for d in dims]
    return {node.name or f"{node.op_type} #{i}": sizes[node.output[0]]
            for i, node in enumerate(model.graph.node)
            if node.output and node.output[0] in sizes}


def main():
    program, files = sys.argv[1], sys.argv[2:]
    same = different = 0
    for path in files:
        done = subprocess.run([program, "inspect", path, "--format", "json"], check=True,
                              capture_output=True, text=True)
        expected = library_shapes(path)
        for layer in json.loads(done.stdout)["layers"]:
            wanted = expected.get(layer["name"])
            if wanted is None or not layer["out"]:
                continue
            found = layer["out"][0] if isinstance(layer["out"][0], list) else layer["out"]
            if isinstance(found, str):
                found = found.split("+")[0]  # its first output
                found = [int(size) for size in found.split("x") if found != "scalar"]
            if found == wanted:
                same += 1
            else:
                different += 1
                print(f"{path}: {layer['name']}: {found} instead of {wanted}")
    print(f"{same} shapes equal, {different} different, {len(files)} files")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
