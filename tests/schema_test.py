#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what `--format json` prints against the published schemas, docs/schema/COMMAND.json, and
fails for commands that have the option and no schema.

usage: schema_test.py PROGRAM REPOSITORY
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

program, root = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
networks = root / "examples/networks"
XEON = ("--device", "xeon-gold-5120")
BACKEND = ("--backend", "eigen", "--threads", 1)
# Objects whose keys are names and not members (used when a schema is written).
MAPS = {("targets",), ("targets", "*"), ("networks",), ("network_rows",)}


def sample_csv(power):
    rows = ["layer,network,position,runtime_ms" + (",power_w" if power else "")]
    for i, (batch, width) in enumerate((b, w) for b in (1, 2, 4, 8) for w in (64, 128, 256, 512, 1024)):
        for position, layer in enumerate((f"fc batch={batch} in={width} out=128",
                                          f"activation mode=relu batch={batch} in={width}"), 1):
            ms = 0.01 + batch * width * 1e-5 * (1 + 0.01 * (i % 3)) / position
            rows.append(f"{layer},net{width},{position},{ms:.6f}" + (",60" if power else ""))
    return "\n".join(rows) + "\n"


def commands(folder):
    """Per command the argument lists to try."""
    alexnet, nin, resnet = (networks / f"{name}.layers" for name in ("alexnet", "nin", "resnet50"))
    layer = "conv batch=8 in=64x56x56 out=64 kernel=3 pad=1"
    with_power, without = folder / "power.csv", folder / "time.csv"
    return {
        "inspect": [[alexnet], [resnet, "--batch", 8], [resnet, "--fused"]],
        "predict": [[alexnet, *XEON], [resnet, *XEON, "--batch", "1,8"], [resnet, "--device", "tesla-t4"],
                    [alexnet, "--method", "paleo", "--device", "titan-x"]],
        "explain": [["xeon-gold-5120", layer], ["tesla-t4", layer]],
        "evaluate": [[folder / "model.json", folder / "more.csv"],
                     [folder / "model.json", with_power, "--networks", folder / "networks.csv"]],
        "crossvalidate": [[with_power, "--method", "layer-type"], [without, "--method", "macs", "--folds", 3]],
        "study": [[with_power, "--folds", 4], [with_power, "--target", "power", "--folds", 3, "--kind", "fc"]],
        "compare": [[folder / "tiny.layers", "--device", folder / "model.json", "--passes", 2, "--meter", "none"]],
        "rank": [[folder / "table.csv"], [folder / "table.csv", "--alpha", 2, "--max-energy", "2J"],
                 [folder / "table.csv", "--max-energy", "1uJ"],
                 [alexnet, nin, "--errors", folder / "errors.csv", *XEON]],
        "sweep": [[nin, *XEON, "--batch", "1,4"], [nin, "--device", "xeon-gold-5120,tesla-t4"]],
        "search": [[root / "examples/spaces/cifar10-random.space", *XEON, "--sample", 200],
                   [root / "examples/spaces/mobile.space", *XEON, "--allow-uncovered", "--objectives",
                    "latency,macs", "--by", "latency", "--sample", 200]],
        "advise": [[nin, *XEON]],
        "cost": [["--energy", "450mJ", "--price", 0.31],
                 [nin, *XEON, "--batch", 8, "--price", 0.31, "--currency", "EUR", "--intensity", 380,
                  "--idle-power", "40W", "--utilisation", 0.3]],
        "reproduce": [[], [without, "--device", "xeon-gold-5120"]],
        "measure": [[folder / "tiny.layers", "--store", folder / "lab.db", "--dry-run", *BACKEND, *meter]
                    for meter in (("--meter", "none"), ("--meter", "replay", "--recording", folder / "watts.csv"))],
        "characterise": [[*BACKEND, "--meter", "replay", "--recording", folder / f"{name}.csv"]
                         for name in ("watts", "nothing")],
        "devices": [[]],
        "backends": [[]],
        "meters": [[]],
    }


def documents():
    """Per command the documents it prints."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "power.csv").write_text(sample_csv(True))
        (folder / "time.csv").write_text(sample_csv(False))
        (folder / "more.csv").write_text(sample_csv(True).replace("out=128", "out=192"))
        (folder / "networks.csv").write_text("network,batch,repetition,runtime_ms,power_w,energy_j\n"
                                             "net64,2,1,0.02,60,0.0012\nnet256,4,1,0.05,61,0.003\n")
        (folder / "table.csv").write_text("name,error,epi_j\na,0.1,3\nb,0.2,1\nc,0.15,1.7\n")
        (folder / "errors.csv").write_text("name,error\nalexnet,0.43\nnin,0.41\n")
        (folder / "tiny.layers").write_text("in: input batch=1 in=64\nfc out=128\nactivation mode=relu\n")
        for name, watts in (("watts", 40), ("nothing", 0)):
            (folder / f"{name}.csv").write_text("time_s,watts\n" + "".join(
                f"{i / 100},{watts}\n" for i in range(10_000)))
        run("train", folder / "power.csv", "--device", "test", "--method", "layer-type",
            "-o", folder / "model.json")
        return {command: [json.loads(run(command, *arguments, "--format", "json")) for arguments in tries]
                for command, tries in commands(folder).items()}


def run(*arguments):
    done = subprocess.run([str(word) for word in (program, *arguments)], text=True, capture_output=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def commands_with_json():
    listed = run("--help").split("Subcommands:")[1]
    names = re.findall(r"^  ([a-z]+) {2,}", listed, re.MULTILINE)
    return {name for name in names if re.search(r"--format\b.*\bjson\b", run(name, "--help"))}


def main():
    try:
        import jsonschema
    except ImportError:
        print("needs python3-jsonschema")
        sys.exit(77)
    printed = documents()
    missing = commands_with_json() - set(printed)
    if missing:
        print(f"--format json without a schema: {sorted(missing)}")
    failed = len(missing)
    for command, several in printed.items():
        schema = json.loads((root / f"docs/schema/{command}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        for document in several:
            for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
                failed += 1
                print(f"{command}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    print(f"{sum(map(len, printed.values()))} documents of {len(printed)} commands, {failed} errors")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
