#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks converted to ONNX, judged by the onnx library: its checker must accept them, and its own
shape inference must come to the shapes that the files state.

usage: onnx_writer_test.py PROGRAM REPOSITORY

Exits with 77 (skipped) where the library is not installed (Debian: python3-onnx).
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import onnx
    from onnx import shape_inference
except ImportError:
    system = "/usr/bin/python3"  # where Debian's packages are, if another Python comes first
    if sys.executable != system and os.path.exists(system):
        os.execv(system, [system, *sys.argv])
    print("skipped: no onnx library for Python")
    sys.exit(77)


def stated_shapes(graph):
    values = list(graph.value_info) + list(graph.output)
    return {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in values
            if v.type.tensor_type.HasField("shape")}


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    stated = stated_shapes(model.graph)
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = stated_shapes(
        shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph)
    assert len(stated) > 5, f"{path}: only {len(stated)} shapes"
    for name, shape in stated.items():
        assert inferred.get(name) == shape, f"{path}: {name}: {shape}, onnx: {inferred.get(name)}"
    return len(stated)


program, root = sys.argv[1], pathlib.Path(sys.argv[2])
files = sorted((root / "examples" / "networks").glob("*.layers"))
files += sorted((root / "tests" / "data" / "paleo").glob("*.json"))
assert len(files) >= 10, files
with tempfile.TemporaryDirectory() as folder:
    for file in files:
        target = os.path.join(folder, "network.onnx")
        subprocess.run([program, "convert", str(file), "-o", target], check=True,
                       stdout=subprocess.DEVNULL)
        print(f"{file.relative_to(root)}: {check(target)} shapes agree")
