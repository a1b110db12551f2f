# SPDX-License-Identifier: Apache-2.0
"""Progress of long calls: a function of the user's, or a tqdm bar where somebody is looking."""
from __future__ import annotations

import contextlib
import sys
import time
from typing import Any, Callable, Iterator, Optional

_SILENCE_S = 2.0


def _somebody_looks() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


@contextlib.contextmanager
def reporting(progress: Any, what: str) -> Iterator[Optional[Callable[[float, str], Any]]]:
    """Something to call with (fraction done, what now), or None."""
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not _somebody_looks()):
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield None
        return
    start, bar = time.monotonic(), None

    def show(fraction: float, now: str) -> None:
        nonlocal bar
        if bar is None:
            if time.monotonic() - start < _SILENCE_S:
                return
            bar = tqdm(total=100, desc=what, unit="%", leave=False,
                       bar_format="{desc}: {n:.0f} % |{bar}| {elapsed}<{remaining} {postfix}")
        bar.set_postfix_str(now[:40], refresh=False)
        bar.update(max(0.0, 100 * fraction - bar.n))

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()
