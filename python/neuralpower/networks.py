# SPDX-License-Identifier: Apache-2.0
"""Networks: from files, PyTorch modules and lists of layers."""
from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

import numpy

from . import _columns, _core, _html
from .errors import UsageError

Shapes = Mapping[str, Sequence[int]]


class Network:
    """Layers in an order in which they can run, all shapes known.

    Made by :func:`load`. ``len(network)`` is the number of layers.
    """

    def __init__(self, core: "_core.Network") -> None:
        self._core = core
        self._dict: Optional[dict] = None

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def batch(self) -> int:
        """Items a run."""
        return self._core.batch

    @property
    def layers(self) -> list[str]:
        """Each layer's canonical text, such as ``conv batch=8 in=64x56x56 out=128 kernel=3x3 ...``."""
        return self._core.layers()

    @property
    def totals(self) -> dict:
        """``macs``, ``flops``, ``params`` and ``bytes`` of the whole network."""
        return self.to_dict()["totals"]

    def to_dict(self) -> dict:
        """What ``neuralpower inspect --format json`` prints."""
        if self._dict is None:
            self._dict = json.loads(self._core.to_json())
        return self._dict

    def column(self, name: str) -> numpy.ndarray:
        """One number of every layer: ``macs``, ``flops``, ``params`` or ``bytes``."""
        return numpy.array([layer[name] for layer in self.to_dict()["layers"]])

    def to_frame(self) -> Any:
        """A pandas data frame with a row a layer."""
        rows = self.to_dict()["layers"]
        return _columns.frame({key: [row[key] for row in rows] for key in (rows[0] if rows else {})})

    def __reduce__(self) -> Any:
        raise TypeError("a Network cannot be pickled; load it where it is needed")

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        return f"<neuralpower.Network {self.name!r}, batch {self.batch}, {len(self)} layers>"

    def _repr_html_(self) -> str:
        return _html.network(self)


def is_module(value: Any) -> bool:
    """True for a torch.nn.Module; does not import PyTorch."""
    return any(c.__module__ == "torch.nn.modules.module" and c.__name__ == "Module"
               for c in type(value).__mro__)


def load(network: Any, *, batch: Optional[int] = None, shapes: Optional[Shapes] = None,
         example_input: Any = None, name: Optional[str] = None) -> Network:
    """Reads a network.

    Args:
        network: a file (ONNX, Caffe prototxt, Paleo JSON, ``.layers``, or a CSV with a ``layer``
            column); a ``torch.nn.Module``; a list of layer texts; or a table with a ``layer`` and
            perhaps a ``name`` column.
        batch: items a run, instead of what the file (or the example input) says.
        shapes: whole input shapes, batch first, by the name of the network's input.
        example_input: for a module: a tensor, a tuple of tensors, or a shape such as
            ``(1, 3, 224, 224)``.
        name: what to call it.

    Raises:
        BadInputError: the file is broken; the error names file and node.
        UsageError: the arguments do not fit together.

    >>> neuralpower.load(["fc batch=8 in=256 out=1000", "activation mode=relu batch=8 in=1000"]).totals["macs"]
    2048000
    """
    if isinstance(network, Network):
        if batch is not None or shapes or example_input is not None:
            raise UsageError("the network is loaded already; give batch and shapes to load()")
        return network
    if is_module(network):
        from . import pytorch
        loaded = pytorch.load_module(network, example_input, batch)
    elif _columns.is_path(network):
        core = _core.Network.load(os.fspath(network), batch,
                                  {key: list(shape) for key, shape in (shapes or {}).items()})
        loaded = Network(core)
    elif batch is not None or shapes:
        raise UsageError("a list of layers has its batch sizes in it; leave out batch and shapes")
    elif _columns.is_table(network):
        with _columns.csv_file(network, "layers") as file:
            loaded = Network(_core.Network.load(file, None, {}))
            loaded._core.name = "layers"
    elif isinstance(network, Iterable):
        loaded = Network(_core.Network.from_layers([str(layer) for layer in network], "layers", []))
    else:
        raise UsageError(f"a {type(network).__name__} is no network; give a file, a torch.nn.Module "
                         "or a list of layer texts")
    if name is not None:
        loaded._core.name = name
    return loaded


NetworkLike = Union[str, "os.PathLike[str]", Network, Sequence[str], Any]
