#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks as PyTorch exports them, rewritten to what newer opsets and quantisers write: the counts
must stay.

usage: newer_opsets_test.py NEURALPOWER SOURCE_FOLDER

Skipped (77) without python3-onnx.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import onnx
    from onnx import helper, numpy_helper
    import numpy
except ImportError:
    print("python3-onnx is not installed")
    sys.exit(77)

REDUCTIONS = ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2", "ReduceLogSumExp")


def pop(node, name):
    for i, attribute in enumerate(node.attribute):
        if attribute.name == name:
            value = helper.get_attribute_value(attribute)
            del node.attribute[i]
            return value
    return None


def to_opset_21(model):
    """Axes of reductions as an input (18), the number of parts of a Split (18), antialias (18) and
    a policy (18) on Resize, `saturate` on Cast (19)."""
    graph = model.graph
    for number, node in enumerate(graph.node):
        if node.op_type in REDUCTIONS:
            axes = pop(node, "axes")
            if axes is not None:
                graph.initializer.append(numpy_helper.from_array(
                    numpy.array(axes, numpy.int64), f"axes.{number}"))
                node.input.append(f"axes.{number}")
        elif node.op_type == "Split" and len(node.input) == 1:
            node.attribute.append(helper.make_attribute("num_outputs", len(node.output)))
        elif node.op_type == "Resize":
            node.attribute.append(helper.make_attribute("antialias", 0))
            node.attribute.append(helper.make_attribute("keep_aspect_ratio_policy", "stretch"))
        elif node.op_type == "Cast":
            node.attribute.append(helper.make_attribute("saturate", 1))
    for opset in model.opset_import:
        if not opset.domain:
            opset.version = 21


def to_qdq(model):
    """A pair of QuantizeLinear and DequantizeLinear before both operands of each Conv and Gemm."""
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(numpy.array(0.1, numpy.float32), "q.scale"))
    graph.initializer.append(numpy_helper.from_array(numpy.array(0, numpy.int8), "q.zero"))
    weights = {each.name: each for each in graph.initializer}
    nodes = []
    for number, node in enumerate(graph.node):
        if node.op_type in ("Conv", "Gemm"):
            data, weight = node.input[:2]
            nodes.append(helper.make_node("QuantizeLinear", [data, "q.scale", "q.zero"], [f"q.{number}"]))
            nodes.append(helper.make_node("DequantizeLinear", [f"q.{number}", "q.scale", "q.zero"],
                                          [f"dq.{number}"]))
            nodes.append(helper.make_node("DequantizeLinear", [weight, "q.scale", "q.zero"],
                                          [f"w.{number}"]))
            if weight in weights:
                weights[weight].data_type = onnx.TensorProto.INT8
                weights[weight].ClearField("raw_data")
                weights[weight].ClearField("float_data")
            node.input[0], node.input[1] = f"dq.{number}", f"w.{number}"
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def inspect(program, path):
    done = subprocess.run([program, "inspect", path, "--format", "json"], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        return {"error": done.stderr.strip()}
    report = json.loads(done.stdout)
    return {"macs": report["totals"]["macs"], "params": report["totals"]["params"],
            "unsupported": report["unsupported"]}


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    wrong = files = 0
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted((root / "tests" / "networks" / "torch").glob("*.onnx")):
            if int(file.name.split(".opset")[1].split(".")[0]) < 13:
                continue  # other operators changed their form too
            expected = inspect(program, file)
            for name, change in {"opset 21": to_opset_21, "quantised": to_qdq}.items():
                model = onnx.load(file)
                change(model)
                path = pathlib.Path(folder) / file.name
                path.write_bytes(model.SerializeToString())
                found = inspect(program, path)
                files += 1
                if found != expected:
                    wrong += 1
                    print(f"{file.name} as {name}: {found} instead of {expected}")
    print(f"{files} files, {wrong} different")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
