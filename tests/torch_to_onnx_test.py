#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks written in PyTorch, handed to the program by tools/torch_to_onnx.py.

usage: torch_to_onnx_test.py NEURALPOWER SOURCE_FOLDER

Skipped (77) without python3-torch.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable

NETWORKS = '''
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8),
                                  nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                  nn.Linear(8, classes))

    def forward(self, x):
        return self.body(x)

class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.cells = nn.Embedding(1000, 16), nn.GRU(16, 32, batch_first=True)

    def forward(self, ids):
        return self.cells(self.table(ids))[0]

ready = Small()
number = 7
'''


def main():
    program, root = (pathlib.Path(text).resolve() for text in sys.argv[1:3])
    if subprocess.run([PYTHON, "-c", "import torch"], capture_output=True, check=False).returncode:
        print("python3-torch is not installed")
        return 77
    wrong = []

    def run(*arguments):
        done = subprocess.run([PYTHON, root / "tools" / "torch_to_onnx.py", *arguments], text=True,
                              capture_output=True, env=dict(os.environ, NEURALPOWER=str(program)),
                              cwd=folder, check=False)
        return done

    def expect(what, holds):
        if not holds:
            wrong.append(what)

    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "nets.py").write_text(NETWORKS)
        done = run("nets.py:Small", "--input", "1x3x32x32", "--dynamic-batch", "-o", "small.onnx", "--",
                   "inspect", "--batch", "4", "--format", "json")
        report = json.loads(done.stdout)
        expect(f"macs of {report['totals']}", report["totals"]["macs"] == 4 * (32 * 32 * 8 * 27 + 80))
        expect(f"params of {report['totals']}", report["totals"]["params"] == 216 + 16 + 90)
        size = (pathlib.Path(folder) / "small.onnx").stat().st_size
        expect(f"{size} bytes are more than a graph without weights", size < 10_000)

        done = run("nets:Words", "--input", "2x20:int64", "--", "inspect", "--format", "json")
        report = json.loads(done.stdout)
        expect("recurrent params", report["totals"]["params"] == 16_000 + 3 * 32 * (16 + 32 + 2))
        expect("nothing unsupported", report["unsupported"] == [])

        done = run("nets.py:Small:classes=5", "--input", "1x3x8x8", "--", "inspect", "--format", "csv")
        expect("keywords reach the factory", "fc batch=1 in=8 out=5" in done.stdout)
        expect("a ready module", run("nets.py:ready", "--input", "1x3x8x8", "-o", "r.onnx").returncode == 0)
        for arguments, said in ((("nets.py:Gone", "--input", "1x3x8x8"), "has no 'Gone'"),
                                (("nets.py:number", "--input", "1x3x8x8"), "int"),
                                (("nets.py:Small", "--input", "1x3xlarge"), "SHAPE"),
                                (("gone.py:Small", "--input", "1x3"), "no such file"),
                                (("nets.py:Small", "--input", "1x7x8x8"), "cannot export")):
            done = run(*arguments, "-o", "out.onnx")
            expect(f"{arguments}: {done.stderr[-300:]!r}", done.returncode in (1, 2) and said in done.stderr)
    print("\n".join(wrong) or "torch_to_onnx: all equal")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
