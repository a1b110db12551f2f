# SPDX-License-Identifier: Apache-2.0
"""Device models: shipped ones, files, and those trained here."""
from __future__ import annotations

import json
import os
from typing import Any, Callable, Optional, Union

from . import _columns, _core
from ._progress import reporting
from .samples import SamplesLike, load_samples

Progress = Union[bool, None, Callable[[float, str], Any]]


class Device:
    """What has been learned of one device and software stack. Made by :func:`load_device` or
    :func:`train`; any number of threads may predict with one. It can be pickled, and so handed to
    other processes.

    >>> neuralpower.load_device("xeon-gold-5120").name
    '2x Intel Xeon Gold 5120'
    """

    def __init__(self, core: "_core.Device") -> None:
        self._core = core

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def software(self) -> str:
        return self._core.software

    @property
    def method(self) -> str:
        return self._core.method

    @property
    def no_power(self) -> str:
        """Why there is no power and energy; empty if there is."""
        return self._core.no_power

    def save(self, file: "Union[str, os.PathLike[str]]") -> None:
        """Writes the model's JSON file; one that is there is replaced in one step."""
        self._core.save(os.fspath(file))

    def to_dict(self) -> dict:
        """The model as in its file."""
        return json.loads(self._core.to_json())

    def was_trained_on(self, layer: str) -> bool:
        """True if this very layer was among the samples."""
        return self._core.was_trained_on(layer)

    def evaluate(self, samples: SamplesLike, networks: "Union[str, os.PathLike[str]]" = "") -> Any:
        """Errors on samples it was not trained on, in per cent, and on whole networks measured
        (a CSV file). Returns an :class:`~neuralpower.Evaluation`."""
        from .evaluation import Evaluation
        text = self._core.evaluate(load_samples(samples)._core, os.fspath(networks))
        return Evaluation(json.loads(text))

    def __reduce__(self) -> Any:
        return _parse, (self._core.to_json(),)

    def __repr__(self) -> str:
        return f"<neuralpower.Device {self.name!r}, method {self.method!r}>"


DeviceLike = Union[str, "os.PathLike[str]", Device]


def _parse(text: str) -> Device:
    return Device(_core.Device.parse(text))


def load_device(device: DeviceLike) -> Device:
    """A device model's file, or the name of a shipped one."""
    return device if isinstance(device, Device) else Device(_core.Device.load(os.fspath(device)))


def devices() -> dict:
    """What ``neuralpower devices --format json`` prints: the shipped models and data sheets."""
    return json.loads(_core.devices_json())


def methods() -> dict[str, str]:
    """The training methods, each with a line on what it is."""
    return dict(_core.methods())


def train(samples: SamplesLike, device: str, *, method: str = "neuralpower", source: str = "",
          seed: int = 1, threads: Optional[int] = None, mixed: bool = False,
          progress: Progress = None) -> Device:
    """Learns a device model from measured layers.

    Args:
        samples: CSV files or stores (one or a list), or a table with the columns ``layer`` and
            ``runtime_ms``, and perhaps ``power_w`` and ``energy_j``: a data frame, or a dictionary of
            arrays. Rows with equal ``layer`` are repetitions.
        device: the device's name.
        method: one of :func:`methods`.
        source: where the samples come from, for the model's file.
        seed: of the folds.
        threads: how many; the result does not depend on it. All processors if left out.
        mixed: take rows of several devices or software stacks as one, which is an error otherwise
            (:meth:`Samples.only` chooses among them).
        progress: True or False, or a function of (fraction done, what now). If left out, a bar where
            tqdm is installed and somebody is looking, after two seconds.

    Raises:
        BadInputError: no kind of layer has enough configurations, or the table is broken.

    >>> sizes = [(batch, width) for batch in (1, 2, 4, 8) for width in (256, 512, 1024)]
    >>> samples = {"layer": [f"fc batch={batch} in={width} out=1000" for batch, width in sizes],
    ...            "runtime_ms": [0.01 + 1e-5 * batch * width for batch, width in sizes]}
    >>> device = neuralpower.train(samples, "my machine", method="layer-type")
    >>> neuralpower.predict(["fc batch=3 in=300 out=1000"], device).runtime_ms
    Estimate(value=..., low=..., high=...)
    """
    rows = load_samples(samples)
    with reporting(progress, "train") as report:
        return Device(_core.train(rows._core, device, source, method, seed,
                                  threads or os.cpu_count() or 1, mixed, report))
