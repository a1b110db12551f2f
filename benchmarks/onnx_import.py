#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading an ONNX file with its weights: `neuralpower inspect` beside the onnx library's own
`onnx.load` + `onnx.shape_inference`, on the same files in the same run.

usage: onnx_import.py [--program build/release/neuralpower] [--repeat 5] [FILE.onnx ...]

Without files: VGG-16 (553 MB), written here, and ResNet-50 (102 MB) as torchvision exports it, if
python3-torchvision is there. Prints, per file, the best wall time and the largest memory of whole
processes. Needs python3-onnx for the peer; run it with Debian's /usr/bin/python3.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hostile"))
from onnx_bytes import blob, integer, node, tensor, value, varint  # pylint: disable=wrong-import-position

PEER = """
import sys, onnx
model = onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1]))
print(len(model.graph.node), len(model.graph.value_info))
"""
LOAD_ONLY = "import sys, onnx; onnx.load(sys.argv[1])"


def write_vgg16(path):
    """VGG-16 with all its 138 million weights (zeros), written piece by piece."""
    nodes, weights, at, channels = [], [], "x", 3
    for number, out in enumerate([64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512,
                                  512, 0]):
        if out == 0:
            nodes.append(node("MaxPool", [at], [f"p{number}"], kernel_shape=[2, 2], strides=[2, 2]))
            at = f"p{number}"
            continue
        weights += [(f"w{number}", [out, channels, 3, 3]), (f"b{number}", [out])]
        nodes.append(node("Conv", [at, f"w{number}", f"b{number}"], [f"c{number}"], kernel_shape=[3, 3],
                          pads=[1, 1, 1, 1]))
        nodes.append(node("Relu", [f"c{number}"], [f"r{number}"]))
        at, channels = f"r{number}", out
    nodes.append(node("Flatten", [at], ["flat"], axis=1))
    at, inputs = "flat", 512 * 7 * 7
    for number, out in enumerate([4096, 4096, 1000]):
        weights += [(f"fw{number}", [out, inputs]), (f"fb{number}", [out])]
        nodes.append(node("Gemm", [at, f"fw{number}", f"fb{number}"], [f"f{number}"], transB=1))
        at, inputs = f"f{number}", out
        if number < 2:
            nodes.append(node("Relu", [at], [f"fr{number}"]))
            at = f"fr{number}"
    head = b"".join(blob(1, one) for one in nodes) + blob(2, "vgg16")
    head += blob(11, value("x", [1, 3, 224, 224])) + blob(12, value(at, None))
    pieces = []
    for name, sizes in weights:
        elements = 1
        for size in sizes:
            elements *= size
        stored = tensor(name, sizes) + varint(9 << 3 | 2) + varint(4 * elements)
        pieces.append((varint(5 << 3 | 2) + varint(len(stored) + 4 * elements) + stored, 4 * elements))
    size = len(head) + sum(len(start) + length for start, length in pieces)
    zeros = bytes(1 << 20)
    with open(path, "wb") as file:
        file.write(integer(1, 8) + varint(7 << 3 | 2) + varint(size) + head)
        for start, length in pieces:
            file.write(start)
            for at in range(0, length, len(zeros)):
                file.write(zeros[:length - at])
        file.write(blob(8, blob(1, "") + integer(2, 13)))  # the opset


def write_resnet50(path):
    """In a process of its own: what this one holds would count as the memory of its children."""
    export = ("import sys, torch, torchvision; torch.onnx.export(torchvision.models.resnet50(), "
              "torch.zeros(1, 3, 224, 224), sys.argv[1])")
    return subprocess.run([sys.executable, "-W", "ignore", "-c", export, path], check=False,
                          capture_output=True).returncode == 0


def measure(command):
    """(wall seconds, MB) of a process."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(map(str, command[:3]))} ends with {child.returncode}")
    return seconds, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--program", default=str(ROOT / "build" / "release" / "neuralpower"))
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = options.files
        if not files:
            files = [pathlib.Path(folder) / "vgg16.onnx"]
            write_vgg16(files[0])
            if write_resnet50(pathlib.Path(folder) / "resnet50.onnx"):
                files.append(pathlib.Path(folder) / "resnet50.onnx")
        has_peer = subprocess.run([sys.executable, "-c", "import onnx"], capture_output=True,
                                  check=False).returncode == 0
        programs = {"neuralpower inspect": lambda file: [options.program, "inspect", file]}
        if has_peer:
            programs["onnx.load"] = lambda file: [sys.executable, "-c", LOAD_ONLY, file]
            programs["onnx.load + shape inference"] = lambda file: [sys.executable, "-c", PEER, file]
        print(f"{'file':<16} {'program':<28} {'seconds':>8} {'MB':>8} {'times':>8}")
        for file in files:
            best = {}
            for _ in range(options.repeat):  # interleaved, as other work comes and goes
                for name, command in programs.items():
                    seconds, memory = measure(command(file))
                    before = best.get(name, (seconds, memory))
                    best[name] = (min(seconds, before[0]), max(memory, before[1]))
            ours = best["neuralpower inspect"][0]
            for name, (seconds, memory) in best.items():
                print(f"{file.name:<16} {name:<28} {seconds:8.3f} {memory:8.1f} {seconds / ours:8.1f}")


if __name__ == "__main__":
    main()
