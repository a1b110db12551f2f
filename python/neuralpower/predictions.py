# SPDX-License-Identifier: Apache-2.0
"""Predictions: numbers of every layer and of the whole network, each with its 90 % interval."""
from __future__ import annotations

import json
import math
import os
from typing import Any, NamedTuple, Optional, Sequence, Union

import numpy

from . import _columns, _core, _html
from .devices import Device, DeviceLike, load_device
from .errors import UsageError
from .networks import NetworkLike, Shapes, load


class Estimate(NamedTuple):
    """A value with its 90 % interval; not a number where it is not known."""
    value: float
    low: float
    high: float


class Prediction:
    """What a network takes on a device. Runtime in ms, power in W, energy in J, of one run at the
    batch size; arrays have an entry a layer, NaN where a layer is not covered."""

    def __init__(self, core: "_core.Prediction") -> None:
        self._core = core
        self._table = core.table()
        self._layers = core.layers()

    @property
    def network(self) -> str:
        return self._core.network

    @property
    def device(self) -> str:
        return self._core.device

    @property
    def method(self) -> str:
        return self._core.method

    @property
    def batch(self) -> int:
        return self._core.batch

    def _total(self, index: int) -> Optional[Estimate]:
        estimate = Estimate(*self._core.totals()[index])
        return None if math.isnan(estimate.value) else estimate

    @property
    def runtime_ms(self) -> Optional[Estimate]:
        """Of the covered layers together; None if there are none."""
        return self._total(0)

    @property
    def power_w(self) -> Optional[Estimate]:
        """Average over the run; None if the device model has no power (see ``no_power``)."""
        return self._total(1)

    @property
    def energy_j(self) -> Optional[Estimate]:
        """Of one run at the batch size."""
        return self._total(2)

    @property
    def energy_per_item_j(self) -> Optional[Estimate]:
        energy = self.energy_j
        return energy and Estimate(*(part / self.batch for part in energy))

    @property
    def no_power(self) -> str:
        """Why there is no power and energy; empty if there is."""
        return self._core.no_power

    @property
    def coverage(self) -> dict:
        """``layers``, ``covered`` and ``share_of_macs`` (0 to 1)."""
        layers, covered, share = self._core.coverage()
        return {"layers": layers, "covered": covered, "share_of_macs": share}

    @property
    def layer_names(self) -> list[str]:
        return [layer[0] for layer in self._layers]

    @property
    def layers(self) -> list[str]:
        """The layers' texts."""
        return [layer[1] for layer in self._layers]

    @property
    def layer_runtime_ms(self) -> numpy.ndarray:
        return self._table[:, 0]

    @property
    def layer_power_w(self) -> numpy.ndarray:
        return self._table[:, 3]

    @property
    def layer_energy_j(self) -> numpy.ndarray:
        return self._table[:, 6]

    def to_dict(self) -> dict:
        """What ``neuralpower predict --format json`` prints."""
        return json.loads(self._core.to_json())

    def to_frame(self) -> Any:
        """A pandas data frame with a row a layer."""
        columns: dict = {
            "name": self.layer_names,
            "layer": self.layers,
            "covered": [layer[2] for layer in self._layers],
            "reason": [layer[3] for layer in self._layers],
        }
        for start, quantity in ((0, "runtime_ms"), (3, "power_w"), (6, "energy_j")):
            for offset, suffix in enumerate(("", "_low", "_high")):
                columns[quantity + suffix] = self._table[:, start + offset]
        return _columns.frame(columns)

    def __reduce__(self) -> Any:
        raise TypeError("a Prediction cannot be pickled; hand on its to_dict() or to_frame()")

    def __len__(self) -> int:
        return len(self._layers)

    def __repr__(self) -> str:
        def text(estimate: Optional[Estimate], unit: str) -> str:
            return "?" if estimate is None else f"{estimate.value:.4g} {unit}"
        return (f"<neuralpower.Prediction {self.network!r} on {self.device!r}, batch {self.batch}: "
                f"{text(self.runtime_ms, 'ms')}, {text(self.power_w, 'W')}, "
                f"{text(self.energy_j, 'J')}>")

    def _repr_html_(self) -> str:
        return _html.prediction(self)


class Predictions(list):
    """Predictions of one network at several batch sizes: a list with a table."""

    def to_frame(self) -> Any:
        """A pandas data frame with a row a batch size: totals and what an item takes."""
        def values(get: Any) -> list:
            return [math.nan if get(p) is None else get(p).value for p in self]
        runtime, energy = values(lambda p: p.runtime_ms), values(lambda p: p.energy_j)
        batches = [p.batch for p in self]
        return _columns.frame({
            "batch": batches,
            "runtime_ms": runtime,
            "power_w": values(lambda p: p.power_w),
            "energy_j": energy,
            "runtime_per_item_ms": [t / b for t, b in zip(runtime, batches)],
            "energy_per_item_j": [e / b for e, b in zip(energy, batches)],
        })

    def _repr_html_(self) -> str:
        return _html.predictions(self)


def predict(network: NetworkLike, device: DeviceLike, *, batch: Union[int, Sequence[int], None] = None,
            shapes: Optional[Shapes] = None, example_input: Any = None,
            method: Optional[str] = None) -> Union[Prediction, Predictions]:
    """Predicts runtime (ms), power (W) and energy (J) of every layer and of the whole network.

    Args:
        network: whatever :func:`load` takes.
        device: a :class:`Device`, a device model's file, or the name of a shipped one
            (``neuralpower.devices()``).
        batch: items a run; several make a list of predictions.
        shapes, example_input: as for :func:`load`.
        method: ``"paleo"``: the analytical baseline; `device` is then a data sheet's name or file.

    Returns:
        A :class:`Prediction`, or :class:`Predictions` for several batch sizes. The numbers are those
        of the program to the last digit.

    >>> neuralpower.predict("resnet50.onnx", "xeon-gold-5120", batch=8).runtime_ms
    Estimate(value=..., low=..., high=...)
    >>> len(neuralpower.predict("resnet50.onnx", "xeon-gold-5120", batch=[1, 8]))
    2
    """
    if method not in (None, "paleo"):
        raise UsageError(f"method {method!r} is not known here; a device model has its method in it, "
                         "and 'paleo' needs none")
    if method is None:
        model = load_device(device)

        def run(loaded: Any) -> Prediction:
            return Prediction(model._core.predict(loaded._core))
    else:
        if isinstance(device, Device):
            raise UsageError("method 'paleo' wants the name or file of a data sheet, not a device model")
        sheet = os.fspath(device)

        def run(loaded: Any) -> Prediction:
            return Prediction(_core.predict_analytically(loaded._core, sheet))

    def at(size: Optional[int]) -> Prediction:
        return run(load(network, batch=size, shapes=shapes, example_input=example_input))

    if batch is None or isinstance(batch, (int, numpy.integer)):
        return at(None if batch is None else int(batch))
    return Predictions(at(int(size)) for size in batch)


def predict_layers(layers: Sequence[str], device: DeviceLike) -> dict[str, numpy.ndarray]:
    """Predicts layers by themselves: the call for a search loop.

    Args:
        layers: layer texts; equal ones are computed once.
        device: as for :func:`predict`.

    Returns:
        Arrays ``runtime_ms``, ``power_w``, ``energy_j`` and the same with ``_low`` and ``_high``, an
        entry a layer; NaN where the device model does not cover a layer.

    >>> layers = ["conv batch=8 in=64x56x56 out=64 kernel=3 pad=1", "fc batch=8 in=2048 out=1000"]
    >>> neuralpower.predict_layers(layers, "xeon-gold-5120")["energy_j"].shape
    (2,)
    """
    table = load_device(device)._core.predict_layers(list(layers))
    names = [quantity + suffix for quantity in ("runtime_ms", "power_w", "energy_j")
             for suffix in ("", "_low", "_high")]
    return {name: table[:, i] for i, name in enumerate(names)}
