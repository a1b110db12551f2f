# SPDX-License-Identifier: Apache-2.0
"""What NeuralPower raises. ``str(error)`` is the line that the program would print behind
``neuralpower: error:``, file and node first."""


class NeuralPowerError(Exception):
    """Base of all errors of this package.

    Attributes:
        message: what is wrong and what to do, without the place.
        file: the file in question, or an empty string.
        node: the layer or node in question, or an empty string.
    """

    def __init__(self, text: str, message: str = "", file: str = "", node: str = "") -> None:
        super().__init__(text)
        self.message = message or text
        self.file = file
        self.node = node

    def __reduce__(self):
        return type(self), (str(self), self.message, self.file, self.node)


class UsageError(NeuralPowerError, ValueError):
    """An argument makes no sense (the program's exit code 2)."""


class BadInputError(NeuralPowerError, ValueError):
    """A file or a value in it is broken (exit code 2)."""


class UnavailableError(NeuralPowerError, RuntimeError):
    """The environment lacks something: a device, a permission, disk space (exit code 3)."""
