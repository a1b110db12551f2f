# SPDX-License-Identifier: Apache-2.0
"""torch.nn.Module to Network, by PyTorch's own ONNX export. Imported only when a module is given."""
from __future__ import annotations

import pathlib
import tempfile
import warnings
from typing import Any, Optional

from . import _core
from .errors import BadInputError, UsageError


def _examples(torch: Any, example_input: Any, batch: Optional[int]) -> tuple:
    if example_input is None:
        raise UsageError("a module needs example_input: a tensor, a tuple of tensors, or a shape "
                         "such as (1, 3, 224, 224)")
    if isinstance(example_input, torch.Tensor):
        example_input = (example_input,)
    elif all(isinstance(size, int) for size in example_input):
        example_input = (torch.zeros(tuple(example_input)),)
    examples = tuple(example_input)
    if batch is None:
        return examples
    if batch < 1:
        raise UsageError(f"batch is {batch}; it must be at least 1")
    # Items repeat: the network's shape depends on how many there are, not on what they are.
    return tuple(t[torch.arange(batch) % t.shape[0]] if isinstance(t, torch.Tensor) and t.dim() > 0
                 else t for t in examples)


def load_module(module: Any, example_input: Any, batch: Optional[int]) -> "Any":
    """The module's inference pass as a network: its layers as PyTorch runs them, batch norms not
    folded away. The module is left as it was."""
    import torch
    from .networks import Network

    examples = _examples(torch, example_input, batch)
    was_training = module.training
    module.eval()
    try:
        with tempfile.TemporaryDirectory(prefix="neuralpower-") as folder, warnings.catch_warnings(), \
                torch.no_grad():
            warnings.simplefilter("ignore")
            file = pathlib.Path(folder) / f"{type(module).__name__}.onnx"
            try:
                torch.onnx.export(module, examples, str(file), opset_version=13,
                                  training=torch.onnx.TrainingMode.PRESERVE,
                                  do_constant_folding=False)
            except Exception as error:
                text = " ".join(str(error).split())[:400]
                raise BadInputError(f"{type(module).__name__}: PyTorch cannot export it as ONNX: {text}") \
                    from error
            core = _core.Network.load(str(file), None, {})
    finally:
        module.train(was_training)
    core.name = type(module).__name__
    return Network(core)
