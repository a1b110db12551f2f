#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every example that `--help` shows, each in a folder that has the files they name. What measures
gets two seconds; what asks for hardware that is not here must say so (exit code 3); that nothing
keeps the limits given is an answer too (1).

usage: help_examples_test.py PROGRAM REPOSITORY
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

program, root = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
LEFT_OUT = ("explore",)  # serves until it is stopped; tests/browser has it
HARDWARE = re.compile(r"cudnn|rapl|nvml")
SHORTENED = {"measure": " --meter none --budget 2s", "compare": " --passes 2 --meter none"}


def samples_csv(network="net", dtype=""):
    """Convolutions and fully connected layers with power; each batch size is a network of its own."""
    rows = ["layer,network,position,runtime_ms,power_w"]
    for batch in (1, 2, 4, 8):
        layers = [(f"conv batch={batch} in={c}x{s}x{s} out={c} kernel=3 pad=1", 9 * c * c * s * s)
                  for c in (16, 32, 64) for s in (7, 14, 28)]
        layers += [(f"fc batch={batch} in={c} out={o}", c * o) for c in (256, 512, 1024) for o in (100, 1000)]
        rows += [f"{text}{dtype},{network}{batch},{position},{0.01 + batch * macs * 2e-8:.6f},{50 + position}"
                 for position, (text, macs) in enumerate(layers, 1)]
    return "\n".join(rows) + "\n"


def shell(command, folder):
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, text=True, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True)


def prepare(folder):
    for name, content in {
        "samples.csv": samples_csv(), "more.csv": samples_csv("other", " dtype=f32"),
        "thirty-layers.csv": "".join(samples_csv().splitlines(True)[:31]),
        "networks.csv": "network,batch,repetition,runtime_ms,power_w,energy_j\nother1,1,1,1.5,55,0.0825\n",
        "errors.csv": "name,error\nvgg16,0.284\nnin,0.407\n",
        "table.csv": "name,error,epi_j,latency_ms\na,0.1,0.3,12\nb,0.2,0.1,5\n",
        "totals.csv": "network,batch,repetition,runtime_ms\nresnet50,1,1,40\nresnet50,2,1,81\nvgg16,1,1,140\nvgg16,2,1,278\n",
        "error_of.py": "import sys\nfor line in sys.stdin:\n"
                       "    c = dict(pair.split('=') for pair in line.split())\n"
                       "    print(0.9 / (1 + int(c['hidden'])), flush=True)\n",
        "vgg16.prototxt": 'name: "vgg16" input: "data" input_shape { dim: 1 dim: 3 dim: 224 dim: 224 }\n'
                          'layer { name: "conv1_1" type: "Convolution" bottom: "data" top: "conv1_1"\n'
                          '  convolution_param { num_output: 64 kernel_size: 3 pad: 1 } }\n',
    }.items():
        (folder / name).write_text(content)
    for source, name in (("devices/xeon-gold-5120.json", "my-server.json"), ("devices/xeon-gold-5120.json", "a.json"),
                         ("devices/tesla-t4.json", "b.json"), ("examples/networks/nin.layers", "sketch.layers"),
                         ("examples/networks/vgg16.layers", "net.layers"), ("examples/profiles/resnet50.onnx", "resnet50.onnx"),
                         ("examples/profiles/mobilenet_v2.onnx", "mobilenet_v2.onnx"),
                         ("examples/spaces/cifar10-random.space", "net.space")):
        shutil.copy(root / source, folder / name)
    (folder / "profile.json").write_bytes(gzip.decompress((root / "examples/profiles/resnet50.all.json.gz").read_bytes()))
    (folder / "examples").symlink_to(root / "examples")
    (folder / "tiny.layers").write_text("in: input batch=1 in=64\nfc out=128\nactivation mode=relu\n")
    for home in (".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"):
        (folder / home).mkdir(parents=True)
    for command in (*(f"neuralpower convert examples/networks/{name}.layers -o {name}.onnx" for name in ("alexnet", "nin", "vgg16")),
                    "neuralpower convert examples/networks/resnet50.layers -o net.onnx",
                    *(f"neuralpower measure tiny.layers --backend eigen --threads 1 --meter none --store {store}.db --budget 2s"
                      for store in ("lab", "node1", "node2")),
                    *(f"neuralpower search net.space --device my-server.json --shard {k}/2 --state part{k}.json" for k in (1, 2))):
        done = shell(command, folder)
        if done.returncode:
            sys.exit(f"{command}: exit {done.returncode}\n{done.stderr}")


def examples():
    """(command, example) of every command's help."""
    listed = shell("neuralpower --help", root).stdout.split("Subcommands:")[1]
    for name in re.findall(r"^  ([a-z]+) {2,}", listed, re.MULTILINE):
        shown = re.findall(r"^  (neuralpower .*)$", shell(f"neuralpower {name} --help", root).stdout.split("Examples:")[-1], re.MULTILINE)
        if not shown:
            sys.exit(f"neuralpower {name} --help has no examples")
        yield from ((name, example) for example in shown)


def run_example(name, example, files):
    """What is wrong with it, or nothing."""
    with tempfile.TemporaryDirectory() as parent:
        folder = shutil.copytree(files, pathlib.Path(parent) / "work", symlinks=True)
        command = example.replace("man -l -", "cat").replace(" --budget 5m", "") + SHORTENED.get(name, "")
        done = shell(command, folder)
    answered = done.returncode == 0 or (done.returncode == 1 and "--max-" in example)
    if answered or (done.returncode == 3 and HARDWARE.search(example)):
        return ""
    return f"{example}: exit {done.returncode}\n{done.stderr}"


def main():
    with tempfile.TemporaryDirectory() as name:
        files = pathlib.Path(name)
        prepare(files)
        wrong = [run_example(command, example, files) for command, example in examples() if command not in LEFT_OUT]
    for text in filter(None, wrong):
        print(f"FAILED: {text}")
    print(f"{len(wrong)} examples run, {sum(map(bool, wrong))} failed")
    sys.exit(1 if any(wrong) else 0)


main()
