#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `neuralpower inspect` against PyTorch's own idea of a network.

usage: torch_counts.py NEURALPOWER [--networks a,b] [--opsets 9,13,16] [--variants ...] [--size 224] [--keep DIR]

Each network is exported by torch.onnx.export and inspected. Multiply-accumulates must equal those
of the operators that PyTorch dispatches (convolutions and matrix products, counted from their
shapes). In variant `preserve`, where batch norms are not merged into convolutions, parameters must
equal the sum of the parameters in use, and the operations and bytes of convolutions, batch norms and
max pools those of PyTorch's operators. No layer may be unsupported, except where data decides.

Variants: fold (constant folding, PyTorch's default), nofold, preserve, dynamic (dynamic batch axis,
inspected with --batch 3), rebatch (fixed batch of 1, inspected with --batch 3).
Needs python3-torch, python3-torchvision and python3-onnx. Exit code 1 if anything differs.
"""
import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import onnx
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from torch_networks import networks

warnings.filterwarnings("ignore")


class CountMacs(TorchDispatchMode):
    """Multiply-accumulates of every convolution and matrix product that runs; in `work`, operations
    and bytes of the kinds of layers that PyTorch has one operator for."""

    def __init__(self):
        super().__init__()
        self.macs = 0
        self.work = {"conv": [0, 0], "norm": [0, 0], "pool": [0, 0]}

    def add(self, kind, flops, *tensors, parameters=0):
        self.work[kind][0] += flops
        self.work[kind][1] += 4 * (sum(tensor.numel() for tensor in tensors) + parameters)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name in ("convolution", "_convolution"):
            data, weight, transposed = args[0], args[1], args[6]
            moved = data if transposed else out
            macs = moved.numel() * weight[0].numel()
            self.macs += macs
            self.add("conv", 2 * macs, data, weight, out)
        elif name in ("native_batch_norm", "cudnn_batch_norm") and not args[5]:
            self.add("norm", 2 * out[0].numel(), args[0], out[0], parameters=2 * args[0].shape[1])
        elif name in ("max_pool2d_with_indices", "max_pool3d_with_indices"):
            window = 1
            for size in (args[1] * (out[0].dim() - 2))[:out[0].dim() - 2]:
                window *= size
            self.add("pool", window * out[0].numel(), args[0], out[0])
        elif name in ("adaptive_max_pool2d", "adaptive_max_pool3d"):  # exported where it divides
            self.add("pool", args[0].numel(), args[0], out[0])
        elif name == "mm":
            self.macs += args[0].shape[0] * args[0].shape[1] * args[1].shape[1]
        elif name == "addmm":
            self.macs += args[1].shape[0] * args[1].shape[1] * args[2].shape[1]
        elif name in ("bmm", "baddbmm"):
            a, b = args[-2:] if name == "bmm" else args[1:3]
            self.macs += a.numel() * b.shape[2]
        elif name in ("addmv", "mv", "dot"):
            raise RuntimeError(f"{name} is not counted")
        return out


def used_parameters(module):
    """Elements of all parameters but those of the auxiliary heads, which only training runs. A frozen
    batch norm's buffers, written out as arithmetic, are weights like any other to a file's reader."""
    frozen = [buffer for m in module.modules() if type(m).__name__ == "FrozenBatchNorm2d"
              for buffer in m.buffers()]
    return sum(p.numel() for name, p in module.named_parameters() if "aux" not in name.lower()) + \
        sum(buffer.numel() for buffer in frozen)


def export(module, inputs, names, opset, variant):
    file = io.BytesIO()
    options = {"do_constant_folding": variant != "nofold"}
    if variant == "preserve":
        options["training"] = torch.onnx.TrainingMode.PRESERVE
        options["do_constant_folding"] = False
    if variant == "dynamic":
        axis = batch_axis(inputs)
        options["dynamic_axes"] = {name: {axis: "batch"} for name in names}
    torch.onnx.export(module, tuple(inputs), file, input_names=names, opset_version=opset,
                      **options)
    return file.getvalue()


def batch_axis(inputs):
    return 1 if inputs[0].shape[1] == 1 else 0


def inspect(program, path, batch):
    command = [program, "inspect", path, "--format", "json"]
    if batch != 1:
        command += ["--batch", str(batch)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip()
    return json.loads(done.stdout), ""


# What data decides: the rest of these networks cannot be known.
DECIDED_BY_DATA = {"found": "NonZero", "undecided": "If"}


def work_of_layers(layers):
    """Operations and bytes as CountMacs.work has them."""
    work = {"conv": [0, 0], "norm": [0, 0], "pool": [0, 0]}
    for layer in layers:
        words = layer["layer"].split()
        kind = words[0].removeprefix("de").removesuffix("3d")
        if kind not in work or kind == "norm" and words[1] != "mode=batch" or \
                kind == "pool" and words[1] not in ("mode=max", "mode=adaptive_max"):
            continue
        work[kind][0] += layer["flops"]
        work[kind][1] += layer["bytes"]
    return work


def check(program, folder, name, make, opset, variant):
    module, inputs, names = make()
    module.eval()
    batch = 3 if variant in ("dynamic", "rebatch") else 1
    if variant == "rebatch" and batch_axis(inputs) == 1:
        return "skipped: which axis is the batch is not in such a file"
    with CountMacs() as counted:
        shape = [batch if i == batch_axis(inputs) else -1 for i in range(inputs[0].dim())]
        module(*[x.expand(*shape) for x in inputs])
    path = os.path.join(folder, f"{name}.{opset}.{variant}.onnx")
    with open(path, "wb") as file:
        file.write(export(module, inputs, names, opset, variant))
    report, error = inspect(program, path, batch)
    if not report:
        return error
    wrong = []
    if name in DECIDED_BY_DATA:
        said = [each["op"] for each in report["unsupported"]]
        return "" if said[:1] == [DECIDED_BY_DATA[name]] else f"unsupported: {said}"
    if report["totals"]["macs"] != counted.macs:
        wrong.append(f"macs {report['totals']['macs']} instead of {counted.macs}")
    if variant == "preserve":
        expected = used_parameters(module)
        if report["totals"]["params"] != expected:
            wrong.append(f"params {report['totals']['params']} instead of {expected}")
        work = work_of_layers(report["layers"])
        if work != counted.work:
            wrong.append(f"operations and bytes {work} instead of {counted.work}")
    if report["unsupported"]:
        wrong.append(f"unsupported: {report['unsupported'][:3]}")
    return "; ".join(wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--networks", default="")
    parser.add_argument("--opsets", default="13")
    parser.add_argument("--variants", default="fold,nofold,preserve,dynamic,rebatch")
    parser.add_argument("--keep", default="")
    parser.add_argument("--size", type=int, default=224, help="height and width of images")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    table = networks(options.size)
    chosen = options.networks.split(",") if options.networks else list(table)
    good = total = 0
    for name in chosen:
        for opset in [int(text) for text in options.opsets.split(",")]:
            for variant in options.variants.split(","):
                started = time.time()
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        wrong = check(options.program, options.keep or folder, name, table[name],
                                      opset, variant)
                    except Exception as error:  # PyTorch's exporter has limits of its own
                        wrong = f"skipped: not exported ({str(error).splitlines()[0][:120]})"
                skipped = wrong.startswith("skipped")
                total += not skipped
                good += not wrong
                print(f"{name} opset {opset} {variant}: {wrong or 'equal'} "
                      f"({time.time() - started:.1f} s)", flush=True)
    print(f"{good} of {total} equal")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
