# SPDX-License-Identifier: Apache-2.0
"""Tables from wherever they are: data frames and dictionaries of columns as the CSV text that the
library reads, so that every table is checked by the same rules and numbers keep all their digits."""
from __future__ import annotations

import contextlib
import csv
import math
import os
import pathlib
import tempfile
from typing import Any, Iterator, Sequence

from .errors import NeuralPowerError, UsageError


def is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def is_table(value: Any) -> bool:
    """True for data frames and mappings of columns."""
    return hasattr(value, "columns") and hasattr(value, "__getitem__") or isinstance(value, dict)


def frame(columns: dict) -> Any:
    """A pandas data frame of these columns."""
    try:
        import pandas
    except ImportError as missing:
        raise ImportError("data frames need pandas (Debian: python3-pandas)") from missing
    return pandas.DataFrame(columns)


def _text(value: Any) -> str:
    if value is None or value != value:  # absent, or NaN
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):  # numpy.float64 is one
        return "" if math.isnan(value) else repr(float(value))
    if hasattr(value, "item"):  # other numbers of NumPy
        return _text(value.item())
    return str(value)


@contextlib.contextmanager
def csv_file(table: Any, what: str) -> Iterator[str]:
    """The table as a temporary CSV file; errors name `what` instead of that file."""
    names: Sequence[str] = list(table.columns) if hasattr(table, "columns") else list(table)
    columns = [list(table[name]) for name in names]
    if len({len(column) for column in columns}) > 1:
        raise UsageError(f"{what}: the columns differ in length")
    with tempfile.TemporaryDirectory(prefix="neuralpower-") as folder:
        file = pathlib.Path(folder) / "table.csv"
        with open(file, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([_text(cell) for cell in row] for row in zip(*columns))
        try:
            yield str(file)
        except NeuralPowerError as error:
            place = error.file.replace(str(file), what)
            text = str(error).replace(str(file), what)
            raise type(error)(text, error.message, place, error.node) from None
