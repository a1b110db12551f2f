# SPDX-License-Identifier: Apache-2.0
"""Measuring the layers of a PyTorch module as PyTorch itself runs them."""
from __future__ import annotations

import os
import pathlib
import platform
import random
import statistics
import time
from collections import Counter
from typing import Any, Optional

from . import _core
from ._progress import reporting
from .devices import Progress
from .errors import BadInputError, UsageError
from .samples import Samples, load_samples

_WINDOW_S = 2e-3       # of time alone
_SLICE_S = 50e-6       # between two looks at the clock
_METER_UPDATES = 20    # that a window under the meter spans
_WARM_UP_S = 0.03


class Collection:
    """What :func:`collect` measured.

    Attributes:
        samples: a row a repetition of each different layer, in ms and W.
        left_out: why modules were not measured, and how many.
        energy_absent: why there is no power; empty if there is.
    """

    def __init__(self, samples: Samples, left_out: "dict[str, int]", energy_absent: str) -> None:
        self.samples, self.left_out, self.energy_absent = samples, left_out, energy_absent

    def to_csv(self, path: "str | os.PathLike[str]") -> None:
        """Writes the sample CSV that ``train`` reads."""
        target = pathlib.Path(path).resolve()
        if target.exists() and not target.is_file():  # a pipe or a device is written to, not replaced
            target.write_text(self.samples.to_csv(), encoding="utf-8")
            return
        beside = target.with_name(target.name + ".part")
        beside.write_text(self.samples.to_csv(), encoding="utf-8")
        beside.replace(target)

    def __repr__(self) -> str:
        return f"<neuralpower.Collection, {len(self.samples)} rows, {sum(self.left_out.values())} left out>"


class _Layer:
    """One layer that is to be measured: a module, and the input that it had in the network."""

    def __init__(self, torch: Any, name: str, text: str, module: Any, x: Any) -> None:
        self.name, self.text, self._module, self._input = name, text, module, x
        self._wait = torch.cuda.synchronize if x.is_cuda else (lambda: None)
        self.rows: "list[tuple[float, Optional[float]]]" = []

    def run(self, times: int) -> float:
        """Seconds an execution takes."""
        self._wait()
        start = time.perf_counter()
        for _ in range(times):
            self._module(self._input)
        self._wait()
        return (time.perf_counter() - start) / times

    def calibrate(self) -> None:
        """Warms up until two slices agree within 5 %, and finds how many executions a slice is."""
        end = time.perf_counter() + _WARM_UP_S
        self.run(1)
        last = self.run(1)
        while True:
            self.slice = max(1, min(100_000, round(_SLICE_S / max(last, 1e-9) + 0.5)))
            now = self.run(self.slice)
            if abs(now - last) <= 0.05 * last or time.perf_counter() >= end:
                return
            last = now

    def measure(self, meter: Any) -> "tuple[float, Optional[float], str]":
        """The median slice of one window in seconds, the mean power in it, and why there is none."""
        self.run(1)  # what the layer before left in the caches is not this one's
        slices: "list[float]" = []
        if meter is None:
            end = time.perf_counter() + _WINDOW_S
            while len(slices) < 3 or time.perf_counter() < end:
                slices.append(self.run(self.slice))
            return statistics.median(slices), None, ""
        window = meter.window(_WINDOW_S, _METER_UPDATES, slices.clear,
                              lambda: slices.append(self.run(self.slice)))
        return statistics.median(slices), window["power_w"], window["failure"]


def _inputs(torch: Any, module: Any, example_input: Any, batch: Optional[int]) -> tuple:
    """What is given, on the module's device; a shape becomes seeded Gaussian data, never zeros."""
    place = next(iter(module.parameters()), torch.zeros(1))
    if isinstance(example_input, torch.Tensor):
        return (example_input,)
    if not isinstance(example_input, (tuple, list)) or not example_input:
        raise UsageError("a module needs example_input: a tensor, a tuple of tensors, or a shape such "
                         "as (1, 3, 224, 224)")
    if not all(isinstance(size, int) for size in example_input):
        if batch is not None:
            raise UsageError("batch is for an example_input that is a shape")
        return tuple(example_input)
    shape = list(example_input)
    if batch is not None:
        shape[0] = batch
    data = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    return (data.to(device=place.device, dtype=place.dtype),)


def _find_layers(torch: Any, module: Any, inputs: tuple) -> "tuple[list[_Layer], Counter[str]]":
    """The different layers of one forward pass, in order."""
    from . import _module_layers

    found: "dict[str, _Layer]" = {}
    left_out: "Counter[str]" = Counter()
    names = {child: name for name, child in module.named_modules()}

    def note(child: Any, given: tuple) -> None:
        if _module_layers.is_free(child):
            return
        kind = type(child).__name__
        if len(given) != 1 or not isinstance(given[0], torch.Tensor):
            left_out[f"{kind}: it takes more than one tensor"] += 1
            return
        try:
            text = _core.canonical_layer(_module_layers.layer_text(child, given[0]))
        except (_module_layers.NoLayer, BadInputError) as why:
            left_out[f"{kind}: {why}"] += 1
            return
        if text not in found:
            # A copy: the layer itself may write into its input.
            found[text] = _Layer(torch, names[child], text, child, given[0].detach().clone())

    leaves = [child for child in module.modules() if not any(child.children())]
    hooks = [leaf.register_forward_pre_hook(note) for leaf in leaves]
    try:
        module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return list(found.values()), left_out


def _open_meter(name: str, on_gpu: bool, gpu: int, recording: str) -> "tuple[Any, str]":
    if name == "none":
        return None, "no meter was asked for"
    from .measuring import _drivers
    meter = _drivers().open_meter(name, "gpu" if on_gpu else "cpu", recording, gpu)
    return (None, meter) if isinstance(meter, str) else (meter, "")


def _processor() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _described(torch: Any, x: Any) -> "tuple[str, str]":
    if x.is_cuda:
        return torch.cuda.get_device_name(x.device), f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}"
    return _processor(), f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"


def collect(module: Any, example_input: Any, *, batch: Optional[int] = None, meter: str = "auto",
            recording: "str | os.PathLike[str]" = "", repetitions: int = 7, seed: int = 1,
            network: str = "", progress: Progress = None) -> Collection:
    """Measures each different layer of a ``torch.nn.Module`` as PyTorch runs it.

    One forward pass tells the layers and their inputs (by hooks on the modules that have no children);
    then each runs by itself, warmed up, in windows whose length suits the meter, all layers
    interleaved in a seeded random order. What the module does between its modules (sums,
    concatenations, functions of ``torch.nn.functional``) is not seen. The module is left as it was.

    Args:
        module: on the CPU or on a GPU; it is measured where it is.
        example_input: a tensor, a tuple of tensors, or a shape, which is filled with Gaussian data.
        batch: instead of the shape's first size.
        meter: ``"auto"``, ``"none"`` (runtime only), or one of :func:`meters`.
        recording: CSV of time and watts for the meters that read one.
        repetitions: windows a layer.
        network: a name for the rows; the module's class otherwise.

    Raises:
        UnavailableError: the meter was asked for by name and is not available here.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"{type(module).__name__} is no torch.nn.Module")
    if repetitions < 1:
        raise UsageError(f"repetitions is {repetitions}; it must be at least 1")
    inputs = _inputs(torch, module, example_input, batch)
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), reporting(progress, "measure") as report:
            layers, left_out = _find_layers(torch, module, inputs)
            if not layers:
                raise UsageError("the module has no layer that can be measured: "
                                 + ("; ".join(left_out) or "it has no children"))
            on_gpu = inputs[0].is_cuda
            opened, absent = _open_meter(meter, on_gpu, inputs[0].device.index or 0 if on_gpu else 0,
                                         os.fspath(recording))
            for layer in layers:
                layer.calibrate()
            order = random.Random(seed)
            for repetition in range(repetitions):
                for done, layer in enumerate(order.sample(layers, len(layers))):
                    seconds, watts, failure = layer.measure(opened)
                    layer.rows.append((seconds, watts))
                    absent = absent or failure
                    if report:
                        report((repetition + done / len(layers)) / repetitions, layer.text)
    finally:
        module.train(was_training)
    device, software = _described(torch, inputs[0])
    return Collection(_samples(layers, network or type(module).__name__, device, software),
                      dict(left_out), absent)


def _samples(layers: "list[_Layer]", network: str, device: str, software: str) -> Samples:
    columns: "dict[str, list[Any]]" = {name: [] for name in (
        "layer", "network", "position", "name", "repetition", "runtime_ms", "power_w", "device",
        "software")}
    for position, layer in enumerate(layers, 1):
        for repetition, (seconds, watts) in enumerate(layer.rows, 1):
            for name, value in zip(columns, (layer.text, network, position, layer.name, repetition,
                                             seconds * 1e3, watts, device, software)):
                columns[name].append(value)
    if all(watts is None for watts in columns["power_w"]):
        del columns["power_w"]
    return load_samples(columns)
