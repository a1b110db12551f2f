#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The deciding commands from outside: what they print and how they refuse.

usage: decide_test.py PROGRAM REPOSITORY
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
HERE = pathlib.Path(tempfile.mkdtemp())


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=HERE)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    if code == 2:
        assert not done.stdout and done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("neuralpower: error: "), done.stderr
    return done.stderr if code == 2 else done.stdout


def write(name, text):
    (HERE / name).write_text(text)
    return name


def layer_model(intercept, macs):
    return {"regimes": [{"when": "always", "intercept": intercept,
                         "terms": {"macs": macs} if macs else {}}],
            "interval": [[1e300, 0.95, 1.05]], "ranges": {},
            "held_out": {"rows": 9, "rmspe": 5, "rmse": 1, "mape": 4, "within10": 90}, "terms": 1}


# A device that can be checked by hand: 0.5 ms and 1 ns a multiply-accumulate, always 50 W.
write("device.json", json.dumps({
    "format": "neuralpower-device-model", "version": 1, "device": "by-hand", "software": "none",
    "method": "by hand", "units": {"runtime": "ms", "power": "W", "energy": "J"},
    "samples": {"configurations": 9, "sha256": "", "source": "made up", "seed": 1}, "fusion": [],
    "layers": {kind: {"runtime": layer_model(0.5, 1e-6), "power": layer_model(50, 0)}
               for kind in ("conv", "fc")},
    "trained_on": []}))
write("small.layers", "image: input batch=1 in=3x32x32\nconv out=16 kernel=3 pad=1\nfc out=10\n")
write("large.layers", "image: input batch=1 in=3x32x32\nconv out=64 kernel=3 pad=1\nfc out=10\n")
write("errors.csv", "name,error\nsmall,0.2\nlarge,0.1\n")


def test_rank_table_7():
    table = ROOT / "devices/published/neuralpower-2017-epr.csv"
    answer = json.loads(run("rank", table, "--alpha", "1,2,3,4", "--format", "json"))
    assert answer["alphas"] == [1, 2, 3, 4]
    assert answer["winners"] == ["AlexNet", "AlexNet", "AlexNet", "VGG-16"]
    assert [n["name"] for n in answer["networks"]] == ["VGG-16", "AlexNet", "NIN"]
    for network in answer["networks"]:
        for alpha, m in zip(answer["alphas"], network["m"]):
            assert abs(m / (network["error"] ** alpha * network["epi_j"]) - 1) < 1e-12
    assert abs(answer["winner_flips"][0]["alpha"] - 3.5368) < 1e-4
    assert "alpha 3.537: AlexNet below, VGG-16 above" in run("rank", table)
    assert run("rank", table, "--format", "csv").startswith("name,error,epi_j,")


def test_rank_networks():
    arguments = ("rank", "small.layers", "large.layers", "--errors", "errors.csv", "--device",
                 "device.json", "--format", "json")
    answer = json.loads(run(*arguments, "--batch", 4))
    small = answer["networks"][0]
    runtime = 1.0 + 4e-6 * (32 * 32 * 27 * 16 + 16 * 32 * 32 * 10)
    assert abs(small["epi_j"] - 50 * runtime / 1e3 / 4) < 1e-12
    assert answer["winners"] == ["small", "large", "large", "large"]
    none = json.loads(run(*arguments, "--max-latency", "1us", code=1))
    assert none["winners"] == [None] * 4


def test_rank_refuses():
    assert "--errors" in run("rank", "small.layers", code=2)
    assert "no such file" in run("rank", "absent.csv", code=2)
    write("bad.csv", "name,error,epi_j\na,1.5,1\n")
    assert "bad.csv: line 2: error is 1.5" in run("rank", "bad.csv", code=2)
    write("bad.csv", "name,error,epi_j\na,-0.5,1\n")
    assert "bad.csv: line 2: error is -0.5" in run("rank", "bad.csv", code=2)
    write("bad.csv", "name,error\na,0.5\n")
    assert "bad.csv: line 1: no column 'epi_j'" in run("rank", "bad.csv", code=2)
    write("bad.csv", "name,error,epi_j\na,0.5,1\nb,0.5,1\na,0.5,1\n")
    assert "bad.csv: line 4: 'a' stands twice" in run("rank", "bad.csv", code=2)
    write("bad.csv", "name,error\nsmal,0.5\n")
    assert "no row for 'small'; did you mean 'smal'?" in run(
        "rank", "small.layers", "--errors", "bad.csv", "--device", "device.json", code=2)
    assert "--max-power" in run("rank", "bad.csv", "--max-power", "200", code=2)
    assert "alpha" in run("rank", ROOT / "devices/published/neuralpower-2017-epr.csv", "--alpha",
                          "-1", code=2)


def test_sweep():
    answer = json.loads(run("sweep", "small.layers", "--device", "device.json", "--batch",
                            "1,2,4,8", "--max-latency", "3ms", "--format", "json"))
    assert [p["batch"] for p in answer["points"]] == [1, 2, 4, 8]
    best = [p for p in answer["points"] if p["best"]]
    assert [p["batch"] for p in best] == [2], best
    text = run("sweep", "small.layers", "--device", "device.json", "--batch", "1,2",
               "--resolution", "32")
    assert "least energy an item" in text
    run("sweep", "small.layers", "--device", "device.json", "--max-latency", "1us", code=1)
    assert "--resolution" in run("sweep", "small.layers", "--device", "device.json",
                                 "--resolution", "x", code=2)


def test_cost():
    answer = json.loads(run("cost", "small.layers", "--device", "device.json", "--batch", 1,
                            "--price", 0.5, "--intensity", 400, "--format", "json"))
    (cost,) = answer["networks"]
    epi = 50 * (1.0 + 1e-6 * (32 * 32 * 27 * 16 + 16 * 32 * 32 * 10)) / 1e3
    assert abs(cost["kwh"]["value"] - epi * 1e6 / 3.6e6) < 1e-12
    assert abs(cost["money"]["value"] - 0.5 * cost["kwh"]["value"]) < 1e-12
    assert abs(cost["co2_kg"]["value"] - 0.4 * cost["kwh"]["value"]) < 1e-12
    assert cost["idle_share"] is None
    assert "idle share 50.0 %" in run("cost", "--energy", "2J", "--time", "100ms", "--price", 1,
                                      "--idle-power", "10W")
    assert "none is assumed" in run("cost", "--energy", "2J", code=2)


def test_reproduce():
    answer = json.loads(run("reproduce", "--format", "json"))
    (paper,) = answer["reproductions"]
    for target, rmspe in (("runtime", 11.77), ("power", 11.66), ("energy", 2.79)):
        assert abs(paper["networks"][target]["rmspe"]["predicted"] - rmspe) < 0.005
    assert paper["ratio"]["winners"] == ["AlexNet", "AlexNet", "AlexNet", "VGG-16"]
    assert len(paper["notes"]) == 4, paper["notes"]
    write("samples.csv", "layer,network,position,runtime_ms,power_w\n"
          "conv batch=1 in=3x32x32 out=16 kernel=3 pad=1,small,1,1,40\n"
          "fc batch=1 in=16384 out=10,small,2,1,40\n")
    write("networks.csv", "network,batch,repetition,runtime_ms,power_w,energy_j\n"
          "small,1,1,2.5,50,0.125\n")
    own = json.loads(run("reproduce", "samples.csv", "--device", "device.json", "--networks",
                         "networks.csv", "--paleo", "titan-x", "--errors", "errors.csv",
                         "--format", "json"))["reproductions"][1]
    (row,) = own["networks"]["runtime"]["rows"]
    assert abs(row["predicted"] - (1.0 + 1e-6 * (32 * 32 * 27 * 16 + 163840))) < 1e-9
    assert row["measured_layers"] == 2 and row["measured"] == 2.5 and row["paleo"] > 0
    assert "--device" in run("reproduce", "samples.csv", code=2)
    assert "Errors on single layers" in run("reproduce")


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
