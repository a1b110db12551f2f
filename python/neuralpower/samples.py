# SPDX-License-Identifier: Apache-2.0
"""Measured layers as arrays and data frames."""
from __future__ import annotations

import os
from typing import Any, Sequence, Union

import numpy

from . import _columns, _core
from .errors import UsageError


class Samples:
    """Measurements of layers, a row each. Made by :func:`load_samples`."""

    def __init__(self, core: "_core.Samples") -> None:
        self._core = core

    def to_dict(self) -> dict[str, Any]:
        """Columns: ``runtime_ms``, ``power_w`` and ``energy_j`` (of one run, NaN where absent) as
        arrays, and ``layer``, ``network``, ``name``, ``position``, ``repetition``, ``device``,
        ``software``."""
        return self._core.columns()

    def to_frame(self) -> Any:
        """A pandas data frame with a row a measurement."""
        return _columns.frame(self.to_dict())

    def only(self, *, device: str = "", software: str = "") -> "Samples":
        """The rows of this device and of this software stack, by their exact names."""
        return Samples(self._core.only(device, software))

    @property
    def runtime_ms(self) -> numpy.ndarray:
        return self.to_dict()["runtime_ms"]

    def to_csv(self) -> str:
        """The text of a sample CSV."""
        return self._core.to_csv()

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        return f"<neuralpower.Samples, {len(self)} rows>"


SamplesLike = Union[str, "os.PathLike[str]", Sequence[Any], Samples, Any]


def load_samples(samples: SamplesLike) -> Samples:
    """Reads CSV files and stores (one or a list), or a table with the columns ``layer`` and
    ``runtime_ms``, and perhaps ``power_w``, ``energy_j``, ``network``, ``position``, ``name``,
    ``repetition``."""
    if isinstance(samples, Samples):
        return samples
    if _columns.is_table(samples):
        with _columns.csv_file(samples, "samples") as table:
            return Samples(_core.read_samples([table]))
    files: Any = [samples] if _columns.is_path(samples) else samples
    if not all(_columns.is_path(file) for file in files):
        raise UsageError("samples are files, or a table with the columns layer and runtime_ms")
    return Samples(_core.read_samples([os.fspath(file) for file in files]))
