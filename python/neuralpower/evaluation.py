# SPDX-License-Identifier: Apache-2.0
"""Held-out errors."""
from __future__ import annotations

import json
import os
from typing import Any, Optional

from . import _columns, _core
from ._progress import reporting
from .devices import Progress
from .samples import SamplesLike, load_samples


class Evaluation:
    """Errors in per cent on rows the model had not seen: ``targets[target][kind]`` has ``rmspe``,
    ``rmse`` (ms, W or J), ``mape``, ``within10``, ``terms`` and ``samples``."""

    def __init__(self, document: dict) -> None:
        self._document = document

    @property
    def method(self) -> str:
        return self._document["method"]

    @property
    def split(self) -> str:
        return self._document["split"]

    @property
    def targets(self) -> dict:
        return self._document["targets"]

    @property
    def networks(self) -> dict:
        return self._document["networks"]

    @property
    def notes(self) -> list[str]:
        return self._document["notes"]

    def to_dict(self) -> dict:
        """What the program prints with ``--format json``."""
        return self._document

    def to_frame(self) -> Any:
        """A pandas data frame with a row for each target and kind of layer."""
        rows = [{"target": target, "layers": kind, **errors}
                for target, kinds in self.targets.items() for kind, errors in kinds.items()]
        return _columns.frame({key: [row[key] for row in rows] for key in rows[0]})

    def __repr__(self) -> str:
        return f"<neuralpower.Evaluation {self.method!r}, {self.split}>"

    def _repr_html_(self) -> str:
        from . import _html
        return _html.evaluation(self)


def crossvalidate(samples: SamplesLike, method: str = "neuralpower", *, folds: int = 10,
                  group: str = "layer", seed: int = 1, threads: Optional[int] = None,
                  mixed: bool = False, progress: Progress = None) -> Evaluation:
    """Held-out errors of a method: trains with each fold left out in turn and judges all predictions
    together. Repetitions of a layer never straddle a fold.

    Args:
        samples, method, seed, threads, mixed, progress: as for :func:`train`.
        folds: at least 2.
        group: what is held out together: ``"layer"``, ``"network"``, or a feature such as ``"Ci"``.

    >>> sizes = [(batch, width) for batch in (1, 2, 4, 8) for width in (256, 512, 1024)]
    >>> samples = {"layer": [f"fc batch={batch} in={width} out=1000" for batch, width in sizes],
    ...            "runtime_ms": [0.01 + 1e-5 * batch * width for batch, width in sizes]}
    >>> neuralpower.crossvalidate(samples, "layer-type").targets["runtime"]["fc"]["samples"]
    12
    """
    rows = load_samples(samples)
    with reporting(progress, "crossvalidate") as report:
        text = _core.cross_validate(rows._core, method, folds, group, seed,
                                    threads or os.cpu_count() or 1, mixed, report)
    return Evaluation(json.loads(text))
