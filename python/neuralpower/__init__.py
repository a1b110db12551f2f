# SPDX-License-Identifier: Apache-2.0
"""Runtime, power and energy of neural networks, layer by layer, from their architecture alone.

    >>> import neuralpower
    >>> prediction = neuralpower.predict("resnet50.onnx", "xeon-gold-5120", batch=8)
    >>> prediction.energy_j
    Estimate(value=..., low=..., high=...)

Units are in the names: ms, W, J. Energy is that of one run at the batch size. Intervals hold 90 %.
"""
from ._core import __version__
from .collecting import Collection, collect
from .decisions import Ranking, rank
from .devices import Device, devices, load_device, methods, train
from .errors import BadInputError, NeuralPowerError, UnavailableError, UsageError
from .evaluation import Evaluation, crossvalidate
from .measuring import Measurement, backends, measure, meters
from .networks import Network, load
from .predictions import Estimate, Prediction, Predictions, predict, predict_layers
from .samples import Samples, load_samples

__all__ = [
    "BadInputError", "Collection", "Device", "Estimate", "Evaluation", "Measurement", "Network",
    "NeuralPowerError", "Prediction", "Predictions", "Ranking", "Samples", "UnavailableError",
    "UsageError", "__version__", "backends", "collect", "crossvalidate", "devices", "load",
    "load_device", "load_samples", "measure", "meters", "methods", "predict", "predict_layers",
    "rank", "train",
]
