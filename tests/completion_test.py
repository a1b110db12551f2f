#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The completion scripts, in the shells themselves: a command, an option, a device and a choice are
completed by a terminal's Tab (zsh, fish's own query, bash's function).

usage: completion_test.py NEURALPOWER bash|zsh|fish
"""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

program, shell = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
if not shutil.which(shell):
    print(f"needs {shell}")
    sys.exit(77)
env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "TERM": "dumb", "LC_ALL": "C.UTF-8"}

CASES = [("neuralpower predi", "predict"),
         ("neuralpower predict --devi", "--device"),
         ("neuralpower predict --device xeon-g", "xeon-gold-5120"),
         ("neuralpower samples mer", "merge"),
         ("neuralpower completion fi", "fish")]


def bash(script, line):
    words = line.split(" ")
    return subprocess.run(
        ["bash", "--norc", "-c", f". {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _neuralpower; "
         "printf '%s\\n' \"${COMPREPLY[@]}\""], text=True, capture_output=True, env=env, check=True).stdout


def fish(script, line):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], text=True,
                          capture_output=True, env=env, check=True)
    assert not done.stderr, done.stderr
    return done.stdout


class Terminal:
    """A shell on a terminal of its own: what is typed, and what it shows."""

    def __init__(self, command, environment):
        self.child, self.end = pty.fork()
        if self.child == 0:
            os.execvpe(command[0], command, environment)

    def type(self, text):
        os.write(self.end, text.encode())

    def wait_for(self, wanted, seconds=60):
        shown = ""
        until = time.monotonic() + seconds
        while wanted not in shown and time.monotonic() < until:
            if select.select([self.end], [], [], 0.2)[0]:
                shown += os.read(self.end, 65536).decode(errors="replace")
        assert wanted in shown, f"no {wanted!r} in {shown!r}"
        return shown

    def close(self):
        os.close(self.end)
        os.waitpid(self.child, 0)


def zsh(script, line):
    # The script's folder is where zsh looks for functions named after commands.
    script.rename(script.parent / "_neuralpower")
    terminal = Terminal(["zsh", "-f", "-i"], {**env, "HOME": str(script.parent)})
    try:
        terminal.type(f"PS1='ready''> '; fpath=({script.parent} $fpath); autoload -Uz compinit; "
                      f"compinit -u -d {script.parent}/dump; unsetopt beep\r")
        terminal.wait_for("ready> ")
        terminal.type(line + "\t")
        expected = next(want for asked, want in CASES if asked == line)
        return terminal.wait_for(expected)
    finally:
        terminal.close()
        (script.parent / "_neuralpower").rename(script)


with tempfile.TemporaryDirectory() as folder:
    script = pathlib.Path(folder) / "script"
    script.write_text(subprocess.run([program, "completion", shell], text=True, capture_output=True, check=True).stdout)
    for line, wanted in CASES:
        completed = {"bash": bash, "zsh": zsh, "fish": fish}[shell](script, line)
        assert wanted in completed, f"{line!r}: no {wanted!r} in {completed!r}"
        print(f"{line} -> {wanted}")
print("works")
