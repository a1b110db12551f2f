# SPDX-License-Identifier: Apache-2.0
"""What a torch.nn module computes, as a layer text. Imported only where PyTorch is."""
from __future__ import annotations

from typing import Any, Optional

import torch
from torch import nn

_ACTIVATIONS = {
    nn.ReLU: "relu", nn.ReLU6: "clip", nn.Hardtanh: "clip", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh",
    nn.LeakyReLU: "leaky_relu", nn.PReLU: "prelu", nn.ELU: "elu", nn.SELU: "selu", nn.CELU: "celu",
    nn.GELU: "gelu", nn.SiLU: "silu", nn.Mish: "mish", nn.Hardswish: "hard_swish",
    nn.Hardsigmoid: "hard_sigmoid", nn.Softplus: "softplus", nn.Softsign: "softsign"}
_TYPES = {torch.float32: "", torch.float16: " dtype=f16", torch.bfloat16: " dtype=bf16"}
# Another view of the same bytes, or nothing at all at inference.
_FREE = (nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout2d, nn.AlphaDropout)


class NoLayer(Exception):
    """Why a module is no layer that can be described."""


def is_free(module: nn.Module) -> bool:
    return isinstance(module, _FREE)


def _times(sizes: Any) -> str:
    return "x".join(str(int(size)) for size in sizes)


def _pair(value: Any, rank: int, beyond: int) -> "tuple[int, int]":
    """Height and width of a setting; one-dimensional layers are one wide."""
    values = (value,) * rank if isinstance(value, int) else tuple(value)
    if rank > 2 or len(values) != rank:
        raise NoLayer("it has three dimensions")
    return (values[0], values[1]) if rank == 2 else (values[0], beyond)


def _batch_and_in(x: torch.Tensor, rank: int = 0) -> str:
    shape = list(x.shape)
    if rank and len(shape) != rank + 2:
        raise NoLayer(f"its input has {len(shape)} dimensions")
    if rank == 1:
        shape.append(1)
    return f"batch={shape[0]} in={_times(shape[1:] or [1])}"


def _padding(module: nn.Module, rank: int) -> str:
    if isinstance(module.padding, str):
        kernel = _pair(module.kernel_size, rank, 1)
        dilation = _pair(module.dilation, rank, 1)
        total = [d * (k - 1) if module.padding == "same" else 0 for k, d in zip(kernel, dilation)]
        before = [t // 2 for t in total]
        return ",".join(map(str, before + [t - b for t, b in zip(total, before)]))
    return _times(_pair(module.padding, rank, 0))


def _convolution(kind: str, module: Any, x: torch.Tensor, rank: int) -> str:
    if module.padding_mode != "zeros":
        raise NoLayer(f"it pads with '{module.padding_mode}'")
    text = (f"{kind} {_batch_and_in(x, rank)} out={module.out_channels} "
            f"kernel={_times(_pair(module.kernel_size, rank, 1))} "
            f"stride={_times(_pair(module.stride, rank, 1))} pad={_padding(module, rank)} "
            f"dilation={_times(_pair(module.dilation, rank, 1))} groups={module.groups}")
    return text if kind == "conv" else \
        f"{text} output_pad={_times(_pair(module.output_padding, rank, 0))}"


def _pool(mode: str, module: Any, x: torch.Tensor, rank: int) -> str:
    if getattr(module, "return_indices", False) or getattr(module, "divisor_override", None):
        raise NoLayer("it returns indices or divides by another number")
    stride = module.stride if module.stride is not None else module.kernel_size
    text = (f"pool mode={mode} {_batch_and_in(x, rank)} "
            f"kernel={_times(_pair(module.kernel_size, rank, 1))} "
            f"stride={_times(_pair(stride, rank, 1))} pad={_times(_pair(module.padding, rank, 0))}")
    if mode == "max":
        text += f" dilation={_times(_pair(module.dilation, rank, 1))}"
    return text + (" ceil=1" if module.ceil_mode else "")


def _adaptive(mode: str, module: Any, x: torch.Tensor) -> str:
    size = module.output_size
    size = (size, size) if size is None or isinstance(size, int) else tuple(size)
    out = [int(x.shape[2 + i]) if s is None else s for i, s in enumerate(size)]
    return f"pool mode={mode} {_batch_and_in(x, 2)} out={_times(out)}"


def _norm(module: Any, x: torch.Tensor) -> str:
    if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        return f"norm mode=batch {_batch_and_in(x)}"
    if isinstance(module, nn.GroupNorm):
        return f"norm mode=group {_batch_and_in(x)} size={module.num_groups}"
    if isinstance(module, nn.LocalResponseNorm):
        return f"norm mode=lrn {_batch_and_in(x)} size={module.size}"
    return f"norm mode={'layer' if isinstance(module, nn.LayerNorm) else 'instance'} {_batch_and_in(x)}"


def _text(module: nn.Module, x: torch.Tensor) -> Optional[str]:
    for rank, (conv, deconv, most, average) in enumerate((
            (nn.Conv1d, nn.ConvTranspose1d, nn.MaxPool1d, nn.AvgPool1d),
            (nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d)), 1):
        if isinstance(module, conv):
            return _convolution("conv", module, x, rank)
        if isinstance(module, deconv):
            return _convolution("deconv", module, x, rank)
        if isinstance(module, most):
            return _pool("max", module, x, rank)
        if isinstance(module, average):
            return _pool("avg", module, x, rank)
    if isinstance(module, nn.Linear):
        rows = x.numel() // module.in_features
        return f"fc batch={rows} in={module.in_features} out={module.out_features}"
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return _adaptive("adaptive_avg", module, x)
    if isinstance(module, nn.AdaptiveMaxPool2d):
        return _adaptive("adaptive_max", module, x)
    if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm,
                           nn.LocalResponseNorm, nn.InstanceNorm2d)):
        return _norm(module, x)
    if isinstance(module, nn.Softmax):
        dim = -1 if module.dim is None else module.dim
        axis = "" if dim in (-1, x.dim() - 1) else f" axis={dim % x.dim()}"
        return f"softmax {_batch_and_in(x)}{axis}"
    if isinstance(module, nn.Embedding):
        shape = list(x.shape) + [1] * (2 - x.dim())
        return (f"embedding batch={shape[0]} in={_times(shape[1:])} rows={module.num_embeddings} "
                f"width={module.embedding_dim}")
    for kind, mode in _ACTIVATIONS.items():
        if isinstance(module, kind):
            return f"activation mode={mode} {_batch_and_in(x)}"
    return None


def layer_text(module: nn.Module, x: torch.Tensor) -> str:
    """Of one execution on this input. Raises NoLayer."""
    text = _text(module, x)
    if text is None:
        raise NoLayer("no layer is known for it")
    dtype = module.weight.dtype if isinstance(module, nn.Embedding) else x.dtype
    if dtype not in _TYPES:
        raise NoLayer(f"its input is {dtype}")
    return text + _TYPES[dtype]
