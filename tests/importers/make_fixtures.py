#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/networks/torch/: networks as PyTorch exports them, without their weights, and
counts.csv with PyTorch's own counts, which the importer's tests hold against theirs.

usage: make_fixtures.py [FOLDER]

Needs python3-torch, python3-torchvision and python3-onnx; the tests need only the files.
"""
import csv
import pathlib
import sys
import warnings

import onnx
import torch

from torch_counts import CountMacs, batch_axis, export, used_parameters
from torch_networks import networks

# Network, opset, variant of the export (torch_counts.py), batch size to import with.
FIXTURES = [
    ("alexnet", 9, "fold", 1), ("resnet18", 13, "preserve", 1), ("googlenet", 11, "preserve", 1),
    ("mobilenet_v2", 10, "preserve", 4), ("mobilenet_v3_small", 14, "preserve", 1),
    ("shufflenet_v2_x0_5", 13, "rebatch", 2), ("densenet121", 13, "preserve", 1),
    ("squeezenet1_1", 12, "dynamic", 8), ("efficientnet_b0", 15, "nofold", 1),
    ("swin_t", 14, "rebatch", 2), ("vit_b_32", 13, "rebatch", 8), ("convnext_tiny", 13, "preserve", 1),
    ("lraspp_mobilenet_v3_large", 13, "preserve", 1), ("nin", 13, "preserve", 1),
    ("mixed", 9, "fold", 1), ("mixed", 16, "rebatch", 3), ("einsum", 13, "preserve", 1),
    ("bert", 13, "rebatch", 4), ("bert", 9, "preserve", 1), ("gpt", 13, "dynamic", 2),
    ("lstm", 14, "preserve", 1), ("lstm_time_first", 13, "dynamic", 3), ("gru", 13, "preserve", 1),
    ("rnn", 13, "preserve", 1),
]


def strip(bytes_):
    """The model without the elements of its weights and tables; sizes and types stay."""
    model = onnx.load_from_string(bytes_)
    tensors = list(model.graph.initializer)
    for node in model.graph.node:
        node.ClearField("doc_string")
        tensors += [attribute.t for attribute in node.attribute if attribute.HasField("t")]
    for tensor in tensors:
        if len(tensor.raw_data) > (16 if tensor.data_type == onnx.TensorProto.FLOAT else 1024):
            tensor.ClearField("raw_data")
    shorten_names(model.graph)
    return model.SerializeToString()


def shorten_names(graph):
    """Numbers for the names of what lies between inputs and outputs; long names make large files."""
    if any(a.HasField("g") for node in graph.node for a in node.attribute):
        return  # subgraphs read names from outside
    keep = {value.name for value in [*graph.input, *graph.output, *graph.initializer]}
    short = {}
    for node in graph.node:
        node.ClearField("name")
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name and name not in keep:
                    names[i] = short.setdefault(name, str(len(short)))


def main():
    warnings.filterwarnings("ignore")
    root = pathlib.Path(__file__).resolve().parent.parent / "networks" / "torch"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    table = networks(64)
    rows = []
    for name, opset, variant, batch in FIXTURES:
        module, inputs, names = table[name]()
        module.eval()
        with CountMacs() as counted:
            sizes = [batch if i == batch_axis(inputs) else -1 for i in range(inputs[0].dim())]
            module(*[x.expand(*sizes) for x in inputs])
        params = used_parameters(module) if variant == "preserve" else ""
        file = f"{name}.opset{opset}.{variant}.onnx"
        (folder / file).write_bytes(strip(export(module, inputs, names, opset, variant)))
        rows.append([file, batch, counted.macs, params])
        print(*rows[-1], flush=True)
    with open(folder / "counts.csv", "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["file", "batch", "macs", "params"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
