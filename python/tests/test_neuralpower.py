# SPDX-License-Identifier: Apache-2.0
"""The module against the program, its errors, and its manners: interrupts, threads, escaping."""
import doctest
import json
import math
import os
import pathlib
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy

import neuralpower

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALEXNET = ROOT / "examples/networks/alexnet.layers"
PROGRAM = os.environ.get("NEURALPOWER")
DEVICE = "xeon-gold-5120"

try:
    import pandas
except ImportError:
    pandas = None
try:
    import torch
except ImportError:
    torch = None


def measured(rows=120):
    """Convolutions and fully connected layers with made-up times that depend on their work."""
    random = numpy.random.default_rng(7)
    layers, runtime, power = [], [], []
    for i in range(rows):
        channels, out = (int(c) for c in random.choice([16, 32, 48, 64, 96, 128], 2))
        size, kernel = int(random.choice([7, 14, 28])), int(random.choice([1, 3]))
        batch = int(random.choice([1, 2, 4, 8]))
        if i % 4:
            layers.append(f"conv batch={batch} in={channels}x{size}x{size} out={out} "
                          f"kernel={kernel}x{kernel} stride=1x1 pad={kernel // 2}x{kernel // 2}")
            work = batch * channels * out * size * size * kernel * kernel
        else:
            layers.append(f"fc batch={batch} in={channels * size} out={out}")
            work = batch * channels * size * out
        runtime.append((0.02 + work * 2e-8) * float(random.uniform(0.97, 1.03)))
        power.append(60 + 30 * work / (work + 1e7))
    return {"layer": layers, "runtime_ms": numpy.array(runtime), "power_w": numpy.array(power)}


def program(*arguments):
    run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    return run.stdout, run.stderr, run.returncode


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Predicting(Files):
    def test_totals_and_layers_agree(self):
        p = neuralpower.predict(ALEXNET, DEVICE, batch=4)
        self.assertEqual(p.batch, 4)
        self.assertAlmostEqual(numpy.nansum(p.layer_runtime_ms), p.runtime_ms.value, places=9)
        self.assertAlmostEqual(numpy.nansum(p.layer_energy_j), p.energy_j.value, places=9)
        self.assertLessEqual(p.energy_j.low, p.energy_j.value)
        self.assertEqual(len(p), len(p.layer_names))

    def test_several_batches(self):
        several = neuralpower.predict(ALEXNET, DEVICE, batch=[1, 16])
        self.assertEqual([p.batch for p in several], [1, 16])
        self.assertIn("<table", several._repr_html_())

    def test_layers_in_any_form(self):
        layers = neuralpower.load(ALEXNET, batch=2).layers
        expected = neuralpower.predict(ALEXNET, DEVICE, batch=2).layer_runtime_ms
        for form in (layers, {"layer": layers}, {"layer": numpy.array(layers)}):
            got = neuralpower.predict(form, DEVICE).layer_runtime_ms
            numpy.testing.assert_array_equal(got, expected)
        arrays = neuralpower.predict_layers(layers + layers, DEVICE)
        numpy.testing.assert_array_equal(arrays["runtime_ms"], numpy.tile(expected, 2))

    def test_paleo(self):
        p = neuralpower.predict(ALEXNET, "titan-x", method="paleo")
        self.assertGreater(p.runtime_ms.value, 0)
        self.assertIsNone(p.energy_j)

    def test_paleo_wants_a_data_sheet(self):
        with self.assertRaisesRegex(neuralpower.UsageError, "data sheet, not a device model"):
            neuralpower.predict(ALEXNET, neuralpower.load_device(DEVICE), method="paleo")

    def test_html_is_escaped(self):
        file = self.folder / "x.layers"
        file.write_text("in: input batch=1 in=16x8x8\n<script>alert(1)</script>: conv out=16 kernel=3\n")
        for page in (neuralpower.predict(file, DEVICE)._repr_html_(),
                     neuralpower.load(file)._repr_html_()):
            self.assertNotIn("<script>", page)
            self.assertIn("&lt;script&gt;", page)

    def test_threads_share_a_device(self):
        device, network = neuralpower.load_device(DEVICE), neuralpower.load(ALEXNET)
        expected = neuralpower.predict(network, device).to_dict()
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            neuralpower.predict(network, device).to_dict())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [expected] * 4)

    @unittest.skipUnless(pandas, "no pandas")
    def test_frames(self):
        p = neuralpower.predict(ALEXNET, DEVICE)
        frame = p.to_frame()
        numpy.testing.assert_array_equal(frame["energy_j"].to_numpy(), p.layer_energy_j)
        again = neuralpower.predict(frame[["name", "layer"]], DEVICE)
        self.assertEqual(again.energy_j, p.energy_j)
        self.assertEqual(again.layer_names, p.layer_names)


class Training(Files):
    def test_device_models_are_pickled_exactly(self):
        device = neuralpower.load_device(DEVICE)
        again = pickle.loads(pickle.dumps(device))
        self.assertEqual(again.to_dict(), device.to_dict())
        prediction = neuralpower.predict(ALEXNET, again)
        self.assertEqual(prediction.energy_j, neuralpower.predict(ALEXNET, device).energy_j)
        for value in (prediction, neuralpower.load(ALEXNET)):
            with self.assertRaisesRegex(TypeError, "cannot be pickled; "):
                pickle.dumps(value)

    def test_trains_from_arrays_and_predicts(self):
        samples = measured()
        device = neuralpower.train(samples, "bench", progress=False)
        self.assertEqual((device.name, device.method), ("bench", "neuralpower"))
        predicted = neuralpower.predict_layers(samples["layer"], device)
        error = numpy.abs(predicted["runtime_ms"] / samples["runtime_ms"] - 1)
        self.assertLess(numpy.median(error), 0.2)
        self.assertTrue(device.was_trained_on(samples["layer"][0]))
        device.save(self.folder / "bench.json")
        again = neuralpower.load_device(self.folder / "bench.json")
        self.assertEqual(again.to_dict(), device.to_dict())

    def test_absent_power_is_absent(self):
        samples = {key: value for key, value in measured().items() if key != "power_w"}
        device = neuralpower.train(samples, "bench", method="macs")
        self.assertIn("no power", device.no_power)
        p = neuralpower.predict(samples["layer"][:3], device)
        self.assertIsNone(p.energy_j)
        self.assertTrue(math.isnan(p.layer_energy_j[0]))

    def test_two_software_stacks_are_not_taken_as_one(self):
        layers = [f"fc batch=1 in={100 * i} out=10" for i in range(1, 9)]
        table = {"layer": layers * 2, "runtime_ms": [1.0] * 8 + [10.0] * 8,
                 "software": ["fast"] * 8 + ["slow"] * 8}
        with self.assertRaisesRegex(neuralpower.BadInputError, "2 software stacks"):
            neuralpower.train(table, "toy", method="macs")
        with self.assertRaisesRegex(neuralpower.BadInputError, "2 software stacks"):
            neuralpower.crossvalidate(table, "macs")
        slow = neuralpower.load_samples(table).only(software="slow")
        self.assertEqual(len(slow), 8)
        neuralpower.train(slow, "toy", method="macs")
        neuralpower.train(table, "toy", method="macs", mixed=True)

    def test_samples_go_round(self):
        table = measured(20)
        samples = neuralpower.load_samples(table)
        columns = samples.to_dict()
        self.assertEqual(columns["layer"], [neuralpower.load([l]).layers[0] for l in table["layer"]])
        numpy.testing.assert_allclose(columns["runtime_ms"], table["runtime_ms"], rtol=1e-15)
        numpy.testing.assert_array_equal(columns["power_w"], table["power_w"])

    def test_progress_is_told_and_its_exception_ends_the_call(self):
        told = []
        neuralpower.train(measured(), "bench", progress=lambda fraction, what: told.append(fraction))
        self.assertTrue(all(0 <= fraction <= 1 for fraction in told))

        def refuse(fraction, what):
            raise LookupError("enough")
        with self.assertRaises(LookupError):
            neuralpower.crossvalidate(measured(600), progress=refuse)

    def test_the_interpreter_runs_on_meanwhile(self):
        ticks, stop = [], threading.Event()

        def tick():
            while not stop.wait(0.01):
                ticks.append(1)
        thread = threading.Thread(target=tick)
        thread.start()
        neuralpower.crossvalidate(measured(300), folds=3, progress=False)
        stop.set()
        thread.join()
        self.assertTrue(ticks)

    def test_interrupt(self):
        script = ("import neuralpower, sys, test_neuralpower as t\n"
                  "s = t.measured(4000)\n"
                  "print('started', flush=True)\n"
                  "try:\n    neuralpower.crossvalidate(s, folds=50, progress=False)\n"
                  "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n")
        run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                               cwd=pathlib.Path(__file__).parent,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
        self.assertEqual(run.stdout.readline(), "started\n")
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.stdout.readline(), "interrupted\n")
        run.stdout.close()
        self.assertEqual(run.wait(), 0)


class Deciding(unittest.TestCase):
    def test_rank_of_columns(self):
        ranking = neuralpower.rank({"name": ["a", "b"], "error": [0.1, 0.2], "epi_j": [3.0, 1.0]},
                                   alphas=[1, 2])
        numpy.testing.assert_allclose(ranking.m, [[0.3, 0.03], [0.2, 0.04]])
        self.assertEqual(ranking.winners, ["b", "a"])
        self.assertEqual(ranking.front, ["a", "b"])
        self.assertIn("<table", ranking._repr_html_())

    def test_rank_of_predictions(self):
        predictions = [neuralpower.predict(ROOT / f"examples/networks/{name}.layers", DEVICE)
                       for name in ("alexnet", "nin")]
        ranking = neuralpower.rank(predictions, errors={"alexnet": 0.43, "nin": 0.41}, alphas=2)
        self.assertEqual(ranking.names, ["alexnet", "nin"])
        self.assertEqual(ranking.m[0, 0], 0.43 ** 2 * predictions[0].energy_per_item_j.value)


class Errors(Files):
    def test_kinds(self):
        cases = [
            (neuralpower.BadInputError, lambda: neuralpower.load(self.folder / "none.onnx")),
            (neuralpower.UsageError, lambda: neuralpower.load_device("xeon-gold-512")),
            (neuralpower.BadInputError, lambda: neuralpower.load(["conv batch=1 in=3x8x8"])),
            (neuralpower.BadInputError,
             lambda: neuralpower.train({"layer": ["fc batch=1 in=3 out=4"], "runtime_ms": [0.0]}, "x")),
            (neuralpower.UnavailableError,
             lambda: neuralpower.load_device(DEVICE).save("/nonexistent/folder/x.json")),
            (neuralpower.UsageError, lambda: neuralpower.predict(42, DEVICE)),
            (neuralpower.UsageError, lambda: neuralpower.crossvalidate(measured(), folds=1)),
            (neuralpower.UsageError, lambda: neuralpower.crossvalidate(measured(), "nonsense")),
        ]
        for kind, call in cases:
            with self.assertRaises(kind) as caught:
                call()
            self.assertIsInstance(caught.exception, neuralpower.NeuralPowerError)
            self.assertNotIn("\n", str(caught.exception))

    def test_place(self):
        (self.folder / "bad.csv").write_text("layer,runtime_ms\nfc batch=1 in=3 out=4,x\n")
        with self.assertRaises(neuralpower.BadInputError) as caught:
            neuralpower.load_samples(self.folder / "bad.csv")
        error = caught.exception
        self.assertEqual(error.file, str(self.folder / "bad.csv"))
        self.assertTrue(str(error).startswith(error.file))
        self.assertTrue(error.message)
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(again), again.file, again.node), (str(error), error.file, error.node))

    def test_tables_are_named_not_their_temporary_files(self):
        with self.assertRaises(neuralpower.BadInputError) as caught:
            neuralpower.rank({"name": ["a"], "error": [7.0], "epi_j": [1.0]})
        self.assertTrue(str(caught.exception).startswith("candidates: "))

    @unittest.skipUnless(PROGRAM, "the program is not at hand")
    def test_same_message_as_the_program(self):
        for arguments, call in (
                (("predict", ALEXNET, "--device", "xeon-gold-512"),
                 lambda: neuralpower.predict(ALEXNET, "xeon-gold-512")),
                (("inspect", self.folder / "none.onnx"),
                 lambda: neuralpower.load(self.folder / "none.onnx"))):
            with self.assertRaises(neuralpower.NeuralPowerError) as caught:
                call()
            self.assertEqual(program(*arguments)[1],
                             f"neuralpower: error: {caught.exception}\n")


@unittest.skipUnless(PROGRAM, "the program is not at hand")
class SameAsTheProgram(Files):
    def test_predict(self):
        for batch in (1, 16):
            out, _, code = program("predict", ALEXNET, "--device", DEVICE, "--batch", batch,
                                   "--format", "json")
            self.assertEqual(code, 0)
            p, said = neuralpower.predict(ALEXNET, DEVICE, batch=batch), json.loads(out)
            self.assertEqual(p.to_dict(), said)
            self.assertEqual(p.energy_j._asdict(), said["totals"]["energy_j"])
            self.assertEqual(list(p.layer_runtime_ms),
                             [layer["runtime_ms"]["value"] for layer in said["layers"]])

    def test_inspect_and_devices(self):
        self.assertEqual(neuralpower.load(ALEXNET).to_dict(),
                         json.loads(program("inspect", ALEXNET, "--format", "json")[0]))
        self.assertEqual(neuralpower.devices(),
                         json.loads(program("devices", "--format", "json")[0]))

    def test_train_and_crossvalidate(self):
        table = self.folder / "samples.csv"
        table.write_text(neuralpower.load_samples(measured()).to_csv())
        program("train", table, "--device", "bench", "-o", self.folder / "bench.json")
        neuralpower.train(table, "bench").save(self.folder / "own.json")
        self.assertEqual((self.folder / "own.json").read_text(), (self.folder / "bench.json").read_text())
        said = json.loads(program("crossvalidate", table, "--folds", 3, "--format", "json")[0])
        self.assertEqual(neuralpower.crossvalidate(table, folds=3).to_dict(), said)

    def test_rank(self):
        table = self.folder / "table.csv"
        table.write_text("name,error,epi_j\na,0.1,3\nb,0.2,1\nc,0.15,1.7\n")
        said = json.loads(program("rank", table, "--alpha", "1,2.5", "--format", "json")[0])
        self.assertEqual(neuralpower.rank(table, alphas=[1, 2.5]).to_dict(), said)


class Measuring(Files):
    def test_a_second_of_measuring(self):
        backend = next((b["name"] for b in neuralpower.backends() if b["available"]), None)
        if not backend:
            self.skipTest("no back-end")
        layers = ["fc batch=1 in=64 out=32", "activation mode=relu batch=1 in=4096"]
        done = neuralpower.measure(layers=layers, store=self.folder / "lab.db", budget_s=1,
                                   backend=backend, meter="none", threads=1, repetitions=2,
                                   progress=False)
        self.assertEqual(done["measured"] + done["skipped"], 2)
        self.assertGreater(len(done.samples()), 0)

    def test_refusals(self):
        with self.assertRaises(neuralpower.UsageError):
            neuralpower.measure(store=self.folder / "lab.db")
        with self.assertRaises(neuralpower.UsageError):
            neuralpower.measure(layers=["fc batch=1 in=8 out=8"], store=self.folder / "lab.db",
                                backend="none-such")


class Documentation(unittest.TestCase):
    def test_the_page_runs(self):
        text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
        names, here = {}, os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(ROOT)
        for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            if ("torch" in block and not torch) or ("to_frame" in block and not pandas):
                continue
            exec(compile(block, "docs/python.md", "exec"), names)
        self.assertIn("p", names)

    def test_examples_of_docstrings(self):
        parts = [module for name, module in sys.modules.items() if re.fullmatch(r"neuralpower(\.[a-z]+)?", name)]
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / "examples/profiles/resnet50.onnx", folder)
            self.addCleanup(os.chdir, os.getcwd())
            os.chdir(folder)
            results = [doctest.testmod(part, extraglobs={"neuralpower": neuralpower}, optionflags=doctest.ELLIPSIS)
                       for part in parts]
        self.assertEqual(sum(result.failed for result in results), 0)
        self.assertGreater(sum(result.attempted for result in results), 12)


@unittest.skipUnless(torch, "no PyTorch")
class PyTorch(unittest.TestCase):
    def test_module(self):
        module = torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.BatchNorm2d(16), torch.nn.ReLU(),
            torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(16, 10))
        module.train()
        network = neuralpower.load(module, example_input=(1, 3, 32, 32), batch=4)
        self.assertTrue(module.training)
        self.assertEqual(network.batch, 4)
        kinds = [layer.split()[0] for layer in network.layers]
        self.assertIn("conv batch=4 in=3x32x32 out=16 kernel=3x3 stride=1x1 pad=1x1", network.layers)
        self.assertEqual([k for k in kinds if k in ("conv", "norm", "activation", "fc")],
                         ["conv", "norm", "activation", "fc"])
        self.assertEqual(network.totals["params"], sum(p.numel() for p in module.parameters()))
        p = neuralpower.predict(module, DEVICE, example_input=torch.zeros(1, 3, 32, 32), batch=[1, 2])
        self.assertEqual([x.batch for x in p], [1, 2])
        with self.assertRaises(neuralpower.UsageError):
            neuralpower.load(module)

    def small(self):
        return torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 3, padding=1, bias=False), torch.nn.BatchNorm2d(16),
            torch.nn.ReLU(inplace=True), torch.nn.MaxPool2d(2), torch.nn.Conv2d(16, 16, 3, padding=1),
            torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(16, 10))

    def test_collect_measures_each_layer(self):
        module = self.small().train()
        done = neuralpower.collect(module, (1, 3, 32, 32), batch=2, meter="none", repetitions=3)
        self.assertTrue(module.training)
        columns = done.samples.to_dict()
        self.assertEqual(list(dict.fromkeys(columns["layer"])), [
            "conv batch=2 in=3x32x32 out=16 kernel=3x3 stride=1x1 pad=1x1",
            "norm mode=batch batch=2 in=16x32x32", "activation mode=relu batch=2 in=16x32x32",
            "pool mode=max batch=2 in=16x32x32 kernel=2x2 stride=2x2 pad=0x0",
            "conv batch=2 in=16x16x16 out=16 kernel=3x3 stride=1x1 pad=1x1",
            "activation mode=relu batch=2 in=16x16x16",
            "pool mode=adaptive_avg batch=2 in=16x16x16 out=1x1", "fc batch=2 in=16 out=10"])
        self.assertEqual(len(done.samples), 8 * 3)
        self.assertTrue((columns["runtime_ms"] > 0).all())
        self.assertTrue(numpy.isnan(columns["power_w"]).all())
        self.assertEqual(set(columns["network"]), {"Sequential"})
        self.assertIn("PyTorch", columns["software"][0])
        self.assertIn("no meter", done.energy_absent)
        self.assertEqual(done.left_out, {})

    def test_collect_under_a_meter_and_train(self):
        with tempfile.TemporaryDirectory() as folder:
            recording = pathlib.Path(folder) / "watts.csv"
            recording.write_text("time_s,watts\n" + "".join(f"{t / 1000},40\n" for t in range(120_000)))
            widths = (8, 24, 48, 96, 160, 320)
            module = torch.nn.Sequential(*(
                torch.nn.Linear(a, b) for a, b in zip((16, *widths), widths)))
            done = neuralpower.collect(module, (4, 16), meter="replay", recording=recording,
                                       repetitions=2)
            self.assertEqual(done.energy_absent, "")
            numpy.testing.assert_allclose(done.samples.to_dict()["power_w"], 40, rtol=1e-2)
            path = pathlib.Path(folder) / "layers.csv"
            done.to_csv(path)
            device = neuralpower.train(path, "torch", method="macs")
            self.assertGreater(neuralpower.predict(["fc batch=4 in=30 out=60"], device).energy_j.value, 0)

    def test_collect_says_what_it_leaves_out(self):
        module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
                                     torch.nn.Upsample(scale_factor=2), torch.nn.GELU())
        done = neuralpower.collect(module, (1, 3, 8, 8), meter="none", repetitions=1)
        self.assertEqual(len(done.left_out), 2)
        self.assertTrue(any("reflect" in why for why in done.left_out))
        with self.assertRaises(neuralpower.UsageError):
            neuralpower.collect(torch.nn.Sequential(torch.nn.Upsample(scale_factor=2)), (1, 3, 8, 8))
        with self.assertRaises(neuralpower.UsageError):
            neuralpower.collect("resnet18", (1, 3, 8, 8))

    def test_a_module_is_described_as_its_export_is(self):
        try:
            import torchvision
        except ImportError:
            self.skipTest("no torchvision")
        from neuralpower._module_layers import layer_text
        for make, shape in ((torchvision.models.mobilenet_v3_small, (1, 3, 64, 64)),
                            (torchvision.models.googlenet, (1, 3, 96, 96))):
            module = make(**({"init_weights": False} if make is torchvision.models.googlenet else {})).eval()
            texts = []
            hooks = [m.register_forward_pre_hook(
                lambda m, x: texts.append(neuralpower._core.canonical_layer(layer_text(m, x[0]))))
                for m in module.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.MaxPool2d, torch.nn.Linear))]
            with torch.no_grad():
                module(torch.zeros(shape))
            for hook in hooks:
                hook.remove()
            exported = [layer for layer in neuralpower.load(module, example_input=shape).layers
                        if layer.split()[0] in ("conv", "fc") or layer.startswith("pool mode=max")]
            self.assertEqual(sorted(texts), sorted(exported))


if __name__ == "__main__":
    unittest.main()
