# SPDX-License-Identifier: Apache-2.0
"""Choosing by error and energy."""
from __future__ import annotations

import json
import os
from typing import Any, Mapping, Optional, Sequence, Union

import numpy

from . import _columns, _core
from .devices import DeviceLike
from .errors import UsageError


class Ranking:
    """Networks by the Energy-Precision Ratio M = error^alpha x energy per item (J); lower is better."""

    def __init__(self, document: dict) -> None:
        self._document = document

    @property
    def alphas(self) -> numpy.ndarray:
        return numpy.array(self._document["alphas"], dtype=float)

    @property
    def names(self) -> list[str]:
        return [row["name"] for row in self._document["networks"]]

    @property
    def m(self) -> numpy.ndarray:
        """M in J, a row a network and a column an alpha."""
        return numpy.array([row["m"] for row in self._document["networks"]], dtype=float)

    @property
    def winners(self) -> list[Optional[str]]:
        """The best network for each alpha; None where none keeps the limits."""
        return self._document["winners"]

    @property
    def front(self) -> list[str]:
        """The networks that no other beats in both error and energy."""
        return [row["name"] for row in self._document["networks"] if row["on_front"]["energy"]]

    def to_dict(self) -> dict:
        """What ``neuralpower rank --format json`` prints."""
        return self._document

    def to_frame(self) -> Any:
        """A pandas data frame with a row a network."""
        rows = self._document["networks"]
        columns: dict = {key: [row[key] for row in rows] for key in ("name", "error", "epi_j")}
        for i, alpha in enumerate(self.alphas):
            columns[f"m_{alpha:g}"] = self.m[:, i]
        columns["on_front"] = [row["on_front"]["energy"] for row in rows]
        columns["excluded"] = [row["excluded"] for row in rows]
        return _columns.frame(columns)

    def __repr__(self) -> str:
        return f"<neuralpower.Ranking of {len(self.names)}: {self.winners}>"

    def _repr_html_(self) -> str:
        from . import _html
        return _html.ranking(self)


def rank(candidates: Any, *, errors: Optional[Mapping[str, float]] = None,
         device: Optional[DeviceLike] = None, batch: Optional[int] = None,
         alphas: Union[float, Sequence[float]] = (1, 2, 3, 4),
         max_latency_ms: Optional[float] = None, max_power_w: Optional[float] = None,
         max_energy_j: Optional[float] = None) -> Ranking:
    """Ranks networks by error and energy.

    Args:
        candidates: a table (CSV file, data frame or dictionary of columns) of ``name``, ``error`` (a
            fraction) and ``epi_j`` (J an item); or, with `errors`, a list of predictions or of
            network files, the latter with `device`.
        errors: the error of each network by its name, as a fraction between 0 and 1.
        device, batch: to predict network files with.
        alphas: how much precision counts; one or several numbers of at least 0.
        max_latency_ms, max_power_w, max_energy_j: limits; energy is that of an item.

    >>> table = {"name": ["a", "b"], "error": [0.1, 0.2], "epi_j": [3, 1]}
    >>> neuralpower.rank(table, alphas=[1, 2]).winners
    ['b', 'a']
    """
    from .predictions import Prediction, predict

    if errors is None:
        if device is not None or batch is not None:
            raise UsageError("networks need errors, a mapping of names to fractions")
        if _columns.is_path(candidates):
            rows = _core.read_candidates(os.fspath(candidates))
        elif _columns.is_table(candidates):
            with _columns.csv_file(candidates, "candidates") as file:
                rows = _core.read_candidates(file)
        else:
            raise UsageError("candidates without errors are a table with name, error and epi_j")
    else:
        rows = []
        for candidate in candidates:
            if not isinstance(candidate, Prediction):
                if device is None:
                    raise UsageError("networks need device, which tells their energy")
                candidate = predict(candidate, device, batch=batch)
            if candidate.network not in errors:
                raise UsageError(f"errors has no {candidate.network!r}")
            rows.append(_core.candidate(candidate._core, candidate.network,
                                        float(errors[candidate.network])))
    if isinstance(alphas, (int, float)):
        alphas = (alphas,)
    return Ranking(json.loads(_core.rank(rows, [float(alpha) for alpha in alphas], max_latency_ms,
                                         max_power_w, max_energy_j)))
