#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A PyTorch network as an ONNX file without its weights, or straight into a neuralpower command.

usage: torch_to_onnx.py MODULE:FACTORY --input SHAPE[:TYPE] ... [-o NET.onnx] [--opset 13]
                        [--dynamic-batch] [-- COMMAND [OPTION ...]]

MODULE is what Python can import, or the path of a .py file; FACTORY a torch.nn.Module, or a function
or class that makes one without arguments (keywords may follow as FACTORY:key=value,...). SHAPE is
batch first, such as 1x3x224x224; TYPE is float32 (the default), int64 or any other that torch has.

  torch_to_onnx.py torchvision.models:resnet50 --input 1x3x224x224 -o resnet50.onnx
  torch_to_onnx.py my_net.py:MyNet --input 1x128:int64 -- inspect --fused
  torch_to_onnx.py torchvision.models:vgg16 --input 1x3x224x224 --dynamic-batch -- \\
      predict --device xeon-gold-5120 --batch 1,8,64

The network is exported as it runs at inference, batch norms not merged into convolutions. The file
keeps every size and no weight: a few kilobytes for any network. Behind `--` stands a command of
neuralpower (found in $NEURALPOWER, in the path, or beside this checkout), which is given the file.
Needs python3-torch.
"""
import argparse
import importlib
import importlib.util
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

KEPT_BYTES = 1024  # smaller tensors may be sizes that shapes depend on


class Refused(Exception):
    """What the user can mend, in one line."""


# ---- Stripping: the few messages of onnx.proto on the way to a tensor's raw bytes ----------------

def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def write_varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def fields(data):
    """(field number, wire type, value bytes or whole encoding) of a message."""
    at = 0
    while at < len(data):
        start = at
        key, at = read_varint(data, at)
        if key & 7 == 2:
            size, at = read_varint(data, at)
            at += size
            yield key >> 3, 2, data[at - size:at]
            continue
        if key & 7 == 0:
            _, at = read_varint(data, at)
        else:
            at += 8 if key & 7 == 1 else 4
        yield key >> 3, key & 7, data[start:at]


def changed(data, change):
    """The message with what `change(number, value)` makes of its length-delimited fields."""
    out = []
    for number, wire, value in fields(data):
        if wire != 2:
            out.append(value)
            continue
        value = change(number, value)
        if value is not None:
            out.append(write_varint(number << 3 | 2) + write_varint(len(value)) + bytes(value))
    return b"".join(out)


def strip_weights(model):
    """The ONNX file without the elements of its larger initializers; their sizes stay."""
    def of_tensor(number, value):
        return None if number == 9 and len(value) > KEPT_BYTES else value

    def of_graph(number, value):
        return changed(value, of_tensor) if number == 5 else value

    def of_model(number, value):
        return changed(value, of_graph) if number == 7 else value
    return changed(memoryview(model), of_model)


# ---- Export --------------------------------------------------------------------------------------

def load_network(text):
    import torch
    source, colon, factory = text.partition(":")
    if not colon:
        raise Refused(f"'{text}' names no network; give MODULE:FACTORY, such as torchvision.models:vgg16")
    if source.endswith(".py"):
        path = pathlib.Path(source)
        if not path.is_file():
            raise Refused(f"{source}: no such file")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        sys.path.insert(0, str(path.resolve().parent))
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, os.getcwd())
        try:
            module = importlib.import_module(source)
        except ImportError as error:
            raise Refused(f"{source} cannot be imported: {error}") from error
    name, _, keywords = factory.partition(":")
    if not hasattr(module, name):
        raise Refused(f"{source} has no '{name}'")
    made = getattr(module, name)
    if not isinstance(made, torch.nn.Module) and callable(made):
        arguments = dict(pair.split("=", 1) for pair in keywords.split(",") if "=" in pair)
        made = made(**{key: int(value) if value.lstrip("-").isdigit() else value
                       for key, value in arguments.items()})
    if not isinstance(made, torch.nn.Module):
        raise Refused(f"{text} gives a {type(made).__name__}, not a torch.nn.Module")
    return made


def example(text):
    import torch
    shape, _, kind = text.partition(":")
    try:
        sizes = [int(size) for size in shape.split("x")]
        dtype = getattr(torch, kind or "float32")
        return torch.zeros(sizes, dtype=dtype)
    except (ValueError, AttributeError, TypeError, RuntimeError) as error:
        raise Refused(f"--input {text} is not SHAPE[:TYPE], such as 1x3x224x224 or 1x128:int64") \
            from error


def export(network, inputs, opset, dynamic_batch):
    import torch
    warnings.filterwarnings("ignore")
    names = [f"input{i}" if i else "input" for i in range(len(inputs))]
    options = {"dynamic_axes": {name: {0: "batch"} for name in names}} if dynamic_batch else {}
    file = io.BytesIO()
    network.eval()
    try:
        torch.onnx.export(network, tuple(inputs), file, input_names=names, opset_version=opset,
                          training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                          **options)
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise Refused(f"PyTorch cannot export this network: {text}") from error
    return strip_weights(file.getvalue())


def find_program():
    built = pathlib.Path(__file__).resolve().parent.parent / "build" / "release" / "neuralpower"
    for place in (os.environ.get("NEURALPOWER"), shutil.which("neuralpower"), built):
        if place and pathlib.Path(place).is_file():
            return str(place)
    raise Refused("no neuralpower program found; build it or set NEURALPOWER to its path")


def run(options, command):
    try:
        import torch
    except ImportError:
        raise Refused("PyTorch is missing; install python3-torch") from None
    torch.set_grad_enabled(False)
    network = load_network(options.network)
    data = export(network, [example(text) for text in options.input], options.opset,
                  options.dynamic_batch)
    name = options.network.rpartition("/")[2].replace(".py", "").split(":")[1]
    if options.out:
        with open(options.out, "wb") as file:
            file.write(data)
    if not command:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = options.out or os.path.join(folder, f"{name}.onnx")
        if not options.out:
            pathlib.Path(path).write_bytes(data)
        return subprocess.run([find_program(), command[0], path, *command[1:]], check=False).returncode


def main():
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    command = arguments[at + 1:]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="MODULE:FACTORY or FILE.py:FACTORY")
    parser.add_argument("--input", action="append", required=True, help="SHAPE[:TYPE], once an input")
    parser.add_argument("-o", "--out", help="ONNX file to write")
    parser.add_argument("--opset", type=int, default=13)
    parser.add_argument("--dynamic-batch", action="store_true", help="leave axis 0 open")
    options = parser.parse_args(arguments[:at])
    if not options.out and not command:
        parser.error("nothing to do: give -o FILE, or -- and a command of neuralpower")
    try:
        return run(options, command)
    except Refused as error:
        print(f"torch_to_onnx: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
