#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gives the program broken and hostile files of every format, and some odd but sound ones.

usage: hostile_test.py PROGRAM [--any-memory] [--only WORD] [--keep FOLDER]

Whatever a file holds, the program ends with exit code 0 and an answer, or with exit code 2 (3 where
the environment is to blame) and one line `neuralpower: error: FILE: ...`; in little time, in less
than 200 MB, and without a control character, broken UTF-8 or foreign file content in its output.
The files are made here, byte by byte, the same ones each time. --any-memory is for instrumented
builds, which need more.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

from decision_cases import OTHERS
from onnx_cases import cases as onnx_cases
from store_cases import stores
from text_cases import FORMATS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MAX_BYTES = 200 << 20
MAX_CPU_SECONDS = 20  # a machine may be slow and shared; a file that hangs takes for ever
CONTROLS = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


def commands(kind, file, folder):
    """What a user could do with a file of this kind."""
    out = str(folder / "out")
    device = str(ROOT / "devices" / "xeon-gold-5120.json")
    if kind in ("onnx", "prototxt", "json", "layers"):
        yield ["inspect", file]
        yield ["inspect", file, "--fused", "--format", "json"]
        yield ["inspect", file, "--batch", "3", "--format", "csv"]
        yield ["predict", file, "--device", device, "--format", "json"]
        yield ["convert", file, "-o", out + ".layers"]
        yield ["convert", file, "-o", out + ".onnx"]
    elif kind == "csv":
        yield ["predict", file, "--device", device, "--format", "json"]
        yield ["evaluate", device, file, "--format", "json"]
        yield ["train", file, "--device", "d", "--method", "layer-type", "-o", out + ".json"]
    elif kind == "networks.csv":
        yield ["evaluate", device, str(folder / "samples.csv"), "--networks", file]
    elif kind == "device.json":
        yield ["predict", str(folder / "net.layers"), "--device", file, "--format", "json"]
        yield ["evaluate", file, str(folder / "samples.csv")]
        yield ["explain", file, "conv batch=1 in=3x8x8 out=4 kernel=3"]
        yield ["train", str(folder / "samples.csv"), "--from", file, "--device", "d", "-o", out + ".json"]
    elif kind == "db":
        yield ["samples", "export", file]
        yield ["train", file, "--device", "d", "--method", "macs", "-o", out + ".json"]
        yield ["evaluate", device, file, "--format", "json"]
        yield ["samples", "merge", file, "-o", out + ".db"]
        yield ["samples", "networks", file]
        yield ["report", str(folder / "net.layers"), "--device", device, "--measured", file, "-o",
               out + ".html"]
    elif kind == "space":
        yield ["search", file, "--device", device, "--sample", "5", "--format", "json"]
    elif kind == "plan":
        yield ["measure", "--space", file, "--store", out + ".db", "--backend", "none-such"]
    elif kind == "errors.csv":
        yield ["rank", str(folder / "net.layers"), "--errors", file, "--device", device]
    elif kind == "table.csv":
        yield ["rank", file, "--format", "json"]
    elif kind == "profile":
        yield ["samples", "import", file, "--model", str(folder / "net.layers")]
    elif kind == "sheet.json":
        yield ["predict", str(folder / "net.layers"), "--method", "paleo", "--device", file]
    elif kind == "state.json":
        space = str(ROOT / "examples" / "spaces" / "mnist-random.space")
        yield ["search", space, "--device", device, "--sample", "5", "--merge", file]


NETWORKS = ("onnx", "prototxt", "json", "layers")


def decisions(file, folder):
    """What else a user could do with a network: every other command that reads one."""
    device = str(ROOT / "devices" / "xeon-gold-5120.json")
    errors = folder / "of-the-network.csv"
    errors.write_text(f"name,error\n{pathlib.Path(file).stem},0.1\n")
    yield ["sweep", file, "--device", device, "--batch", "1,3", "--width", "0.5,1", "--format", "json"]
    yield ["advise", file, "--device", device, "--batches", "1,4", "--format", "json"]
    yield ["report", file, "--device", device, "--batch", "2", "-o", str(folder / "out.html")]
    yield ["cost", file, "--device", device, "--price", "0.3", "--format", "json"]
    yield ["rank", file, "--device", device, "--errors", str(errors), "--format", "json"]


# The command of each kind that a case's expectation is about, where it is not `inspect`.
TELLING = {"db": "export", "space": "search", "plan": "measure", "errors.csv": "rank",
           "table.csv": "rank", "profile": "import", "sheet.json": "predict", "state.json": "search"}


class Checker:
    def __init__(self, program, any_memory):
        self.program, self.any_memory = program, any_memory
        self.runs = self.failed = self.files = 0
        self.slowest = self.largest = (0, "")

    def limit(self):
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if not self.any_memory:
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

    def run(self, arguments):
        """(exit code or -signal, output, errors, largest memory in bytes, CPU seconds)"""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen([self.program, *arguments], stdout=out, stderr=err,
                                     stdin=subprocess.DEVNULL, preexec_fn=self.limit,
                                     env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
            alarm = time.time() + 120
            while True:
                done, status, usage = os.wait4(child.pid, os.WNOHANG)
                if done:
                    break
                if time.time() > alarm:  # neither ends nor works: it waits for something
                    child.send_signal(signal.SIGKILL)
                time.sleep(0.002)
            child.returncode = 0  # already waited for
            out.seek(0)
            err.seek(0)
            return (os.waitstatus_to_exitcode(status), out.read(), err.read(),
                    usage.ru_maxrss << 10, usage.ru_utime + usage.ru_stime)

    def wrong(self, kind, file, expected, arguments, result):
        """What is wrong with a run, or nothing."""
        code, out, err, memory, _ = result
        if code not in (0, 2, 3) and not (code == 1 and arguments[0] in ("search", "advise")):  # nothing found
            return f"ends with {code}"
        if memory > MAX_BYTES and not self.any_memory:
            return f"takes {memory >> 20} MB"
        if CONTROLS.search(out) or CONTROLS.search(err):
            return "control characters in the output"
        try:
            text, errors = out.decode(), err.decode()
        except UnicodeDecodeError:
            return "output that is not UTF-8"
        if "root:" in text + errors:
            return "content of another file in the output"
        if code > 1:
            if errors.count("\n") != 1 or not errors.startswith("neuralpower: error: "):
                return "an error that is not one line"
            # What is wrong with all samples together is in no one file.
            other = expected if isinstance(expected, str) and "/" in expected else file
            if file not in errors and other not in errors and arguments[0] not in ("train", "evaluate") and \
                    "no back-end 'none-such'" not in errors:  # a plan is read before that is said
                return "an error that does not name the file"
            if len(errors) > 2000:
                return "an error that is too long"
        telling = TELLING.get(kind, "inspect")
        if telling in arguments[:2] and "--batch" not in arguments:
            if isinstance(expected, str) and (code != 2 or expected.replace("FILE", "") not in errors):
                return f"no error that says '{expected}'"
            if isinstance(expected, int) and code != 0:
                return "an error for what is sound"
        if code == 0 and arguments[-1] == "json":
            document = json.loads(text, parse_constant=lambda word: sys.exit(f"JSON with {word}"))
            if arguments[0] == "inspect" and isinstance(expected, int) and "fused" not in document \
                    and len(document["layers"]) != expected:
                return f"{len(document['layers'])} layers instead of {expected}"
        return ""

    def check(self, kind, name, file, expected, folder):
        before = state_of(file) if kind == "db" else None
        self.files += 1
        more = list(decisions(file, folder)) if kind in NETWORKS else []
        first = None
        for arguments in [*commands(kind, file, folder), *more]:
            if expected is None and arguments[0] == "convert":
                continue  # damaged at random: the other commands have read it the same way
            if arguments in more and (first != 0 or expected is None) and \
                    arguments is not more[self.files % len(more)]:
                continue  # refused, or damaged at random: one of them in turn will do
            result = self.run(arguments)
            self.runs += 1
            first = result[0] if first is None else first
            called = f"{kind} {name}: {' '.join(arguments[:1] + arguments[2:])}"
            self.slowest = max(self.slowest, (result[4], called))
            self.largest = max(self.largest, (result[3], called))
            wrong = self.wrong(kind, file, expected, arguments, result)
            if result[0] == 2 and kind == "db" and state_of(file) != before:
                wrong = "a file that is changed by reading it in vain"
            if wrong:
                self.failed += 1
                print(f"{called}: {wrong}\n  exit {result[0]}, {result[3] >> 20} MB, "
                      f"{result[4]:.2f} s: {(result[2] or result[1])[:300]!r}", flush=True)
            if result[0] == 2 and expected is None and TELLING.get(kind, "inspect") in arguments[:2]:
                break  # refused: the other commands read it the same way


def state_of(file):
    path = pathlib.Path(file)
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() and not path.is_symlink() else b""


def special_files(folder):
    """What stands where a file should: (name without ending, path)."""
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "link-to-passwd").symlink_to("/etc/passwd")
    (folder / "link-to-root").symlink_to("/")
    (folder / "link-to-itself").symlink_to("link-to-itself")
    for ending in ("onnx", "prototxt", "json", "layers", "csv", "networks.csv", "device.json", "db",
                   *OTHERS):
        for name, target in {"zero": "/dev/zero", "random": "/dev/urandom", "null": "/dev/null",
                             "memory": "/proc/self/mem", "pipe": folder / "pipe",
                             "folder": folder / "folder", "nowhere": folder / "nowhere",
                             "loop": folder / "link-to-itself"}.items():
            link = folder / f"special-{name}.{ending}"
            link.symlink_to(target)
            yield ending, f"special-{name}", str(link)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=lambda text: str(pathlib.Path(text).resolve()))
    parser.add_argument("--any-memory", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", default="")
    options = parser.parse_args()
    checker = Checker(options.program, options.any_memory)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary).resolve()
        folder.mkdir(exist_ok=True)
        (folder / "net.layers").write_text("input batch=2 in=3x8x8\nconv out=4 kernel=3\nsoftmax\n")
        (folder / "samples.csv").write_text(
            "layer,runtime_ms\nconv batch=1 in=3x8x8 out=4 kernel=3,0.5\n")
        special = list(special_files(folder))
        files = 0
        groups = {"onnx": onnx_cases, **FORMATS, "db": stores, **OTHERS}
        for kind, make in groups.items():
            for name, data, expected in make():
                if options.only not in f"{kind} {name}":
                    continue
                file = folder / f"{name}.{kind}"
                file.write_bytes(data)
                files += 1
                checker.check(kind, name, str(file), expected, folder)
                if not options.keep:
                    file.unlink()
        for kind, name, file in special:
            if options.only in f"{kind} {name}":
                files += 1
                checker.check(kind, name, file, "FILE", folder)
    print(f"{files} files, {checker.runs} runs, {checker.failed} failed; most CPU time "
          f"{checker.slowest[0]:.2f} s ({checker.slowest[1]}); most memory "
          f"{checker.largest[0] >> 20} MB ({checker.largest[1]})")
    return 1 if checker.failed or not checker.runs else 0


if __name__ == "__main__":
    sys.exit(main())
