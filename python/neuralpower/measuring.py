# SPDX-License-Identifier: Apache-2.0
"""Running layers for real."""
from __future__ import annotations

import os
from typing import Any, Optional, Sequence

from . import _columns, _core
from ._progress import reporting
from .devices import Progress
from .errors import UnavailableError, UsageError
from .networks import NetworkLike, Network, is_module, load
from .samples import Samples, load_samples


def _drivers() -> Any:
    """The compiled part with the back-ends, which needs their libraries."""
    try:
        from . import _measuring
    except ImportError as missing:
        raise UnavailableError("measuring needs the libraries behind the back-ends (Debian: libdnnl2 "
                               f"libopenblas0-pthread libgomp1): {missing}") from None
    return _measuring


class Measurement(dict):
    """What a campaign did: ``planned``, ``found``, ``measured``, ``skipped`` and ``remaining`` layers,
    ``elapsed_s``, ``skip_reasons``, ``energy_absent`` (why there is no energy)."""

    def __init__(self, summary: dict, store: str) -> None:
        super().__init__(summary)
        self.store = store

    def samples(self) -> Samples:
        """Everything that is in the store."""
        return load_samples(self.store)


def measure(networks: Any = (), *, store: "str | os.PathLike[str]", plan: "str | os.PathLike[str]" = "",
            layers: Sequence[str] = (), batch: "int | Sequence[int] | None" = None,
            example_input: Any = None, budget_s: float = 120, backend: str = "onednn",
            meter: str = "auto", recording: "str | os.PathLike[str]" = "", threads: int = 0,
            repetitions: int = 7, seed: int = 1, progress: Progress = None) -> Measurement:
    """Runs layers on this machine and stores their runtime (ms) and, where a meter is, power (W).

    Takes real-time priority where it may: for as long as it measures, other programs wait. Ctrl-C ends
    it after the current block of layers; what was measured is in the store, and the next call with
    the same store goes on.

    Args:
        networks: one network or a list, whatever :func:`load` takes.
        store: the SQLite file to write.
        plan: a sampling plan's file.
        layers: layer texts.
        batch: batch sizes for the networks.
        example_input: for modules.
        budget_s: seconds to spend.
        backend: one of :func:`backends`.
        meter: ``"auto"``, ``"none"``, or one of :func:`meters`.
        recording: CSV of time and watts for the meter ``"replay"``.
        threads: of the back-end; 0: all processors.
        repetitions: windows a layer.

    Raises:
        UnavailableError: the back-end or the meter is not available here.
    """
    if _columns.is_path(networks) or isinstance(networks, Network) or is_module(networks):
        networks = [networks]
    sizes = [batch] if batch is None or isinstance(batch, int) else list(batch)
    texts = [_core.canonical_layer(layer) for layer in layers]
    for network in networks:
        for size in sizes:
            texts += _core.layers_of(load(network, batch=size, example_input=example_input)._core)
    texts += _core.layers_to_measure([], [], os.fspath(plan))
    texts = list(dict.fromkeys(texts))
    if not texts:
        raise UsageError("nothing to measure; give networks, layers or a plan")
    drivers = _drivers()
    options = drivers.MeasureOptions()
    options.backend, options.meter, options.recording = backend, meter, os.fspath(recording)
    options.threads, options.repetitions, options.seed = threads, repetitions, seed
    options.budget_s = float(budget_s)
    with reporting(progress, "measure") as report:
        return Measurement(drivers.measure(texts, os.fspath(store), options, report), os.fspath(store))


def backends() -> list[dict]:
    """What can run layers here: ``name``, ``what``, ``available``, ``detail``."""
    return _drivers().backends()


def meters() -> list[dict]:
    """What can measure power here, and what is missing where nothing can."""
    return _drivers().meters()
