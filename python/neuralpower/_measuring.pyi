# SPDX-License-Identifier: Apache-2.0
# The compiled part that needs the libraries behind the measuring back-ends.
from typing import Any, Callable, Optional, Sequence, Union

_Progress = Optional[Callable[[float, str], Any]]

class MeasureOptions:
    backend: str
    meter: str
    recording: str
    threads: int
    budget_s: float
    repetitions: int
    seed: int
    shard: int
    shards: int

def measure(layers: Sequence[str], store: str, options: MeasureOptions,
            progress: _Progress) -> dict[str, Any]: ...
def backends() -> list[dict[str, Any]]: ...
def meters() -> list[dict[str, Any]]: ...

class Meter:
    @property
    def name(self) -> str: ...
    def window(self, least_s: float, least_updates: int, started: Callable[[], Any],
               work: Callable[[], Any]) -> dict[str, Any]: ...

def open_meter(name: str, device: str, recording: str, gpu: int) -> Union[Meter, str]: ...
