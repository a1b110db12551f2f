# SPDX-License-Identifier: Apache-2.0
"""ONNX files written byte by byte, so that a file may also say what no library would write.

A message is a list of fields joined with `+`; field numbers are those of onnx.proto. Every function
gives bytes. Values are not checked: that is the purpose.
"""
import struct

FLOAT, UINT8, INT8, INT32, INT64, STRING, BOOL, FLOAT16, DOUBLE = 1, 2, 3, 6, 7, 8, 9, 10, 11


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((value & 127) | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)


def integer(field, value):
    return varint(field << 3) + varint(value)


def blob(field, value, length=None):
    """A length-delimited field; `length` lies about its size."""
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value) if length is None else length) + value


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def tensor(name, sizes, kind=FLOAT, raw=None, external=None):
    """`sizes` without `raw` is a tensor whose elements were stripped; `external` names a file."""
    out = b"".join(integer(1, size) for size in sizes) + integer(2, kind)
    if name:
        out += blob(8, name)
    if raw is not None:
        out += blob(9, raw)
    for key, value in (external or {}).items():
        out += blob(13, blob(1, key) + blob(2, value))
    return out + (integer(14, 1) if external else b"")


def integers(name, values):
    """An initializer of 64-bit integers."""
    return tensor(name, [len(values)], INT64, struct.pack(f"<{len(values)}q", *values))


def reals(name, values):
    return tensor(name, [len(values)], FLOAT, struct.pack(f"<{len(values)}f", *values))


def value(name, sizes, kind=FLOAT):
    """A value's name and type; a size may be a number, a text (a symbol) or None."""
    if sizes is None:
        return blob(1, name) + blob(2, blob(1, integer(1, kind)))
    dims = b"".join(blob(1, b"" if size is None else
                         integer(1, size) if isinstance(size, int) else blob(2, size))
                    for size in sizes)
    return blob(1, name) + blob(2, blob(1, integer(1, kind) + blob(2, dims)))


def attribute(name, given):
    out = blob(1, name)
    if isinstance(given, bool) or isinstance(given, int):
        return out + integer(3, given) + integer(20, 2)
    if isinstance(given, float):
        return out + real(2, given) + integer(20, 1)
    if isinstance(given, str):
        return out + blob(4, given) + integer(20, 3)
    if isinstance(given, Graph):
        return out + blob(6, given.data) + integer(20, 5)
    if isinstance(given, bytes):
        return out + blob(5, given) + integer(20, 4)
    if given and isinstance(given[0], float):
        return out + b"".join(real(7, one) for one in given) + integer(20, 6)
    return out + b"".join(integer(8, one) for one in given) + integer(20, 7)


class Graph:
    """An encoded GraphProto, to tell it from a tensor among attributes."""

    def __init__(self, data):
        self.data = data


def node(op, inputs, outputs, name="", domain="", /, **attributes):
    split = lambda names: names.split() if isinstance(names, str) else names
    out = b"".join(blob(1, one) for one in split(inputs))
    out += b"".join(blob(2, one) for one in split(outputs))
    out += (blob(3, name) if name else b"") + blob(4, op)
    out += b"".join(blob(5, attribute(key, given)) for key, given in attributes.items())
    return out + (blob(7, domain) if domain else b"")


def graph(nodes, inputs=(), outputs=(), initializers=(), name="g", extra=b""):
    return (b"".join(blob(1, one) for one in nodes) + blob(2, name) +
            b"".join(blob(5, one) for one in initializers) +
            b"".join(blob(11, one) for one in inputs) +
            b"".join(blob(12, one) for one in outputs) + extra)


def model(graph_bytes, opset=17, domains=(), extra=b""):
    out = integer(1, 8) + blob(2, "neuralpower tests") + blob(7, graph_bytes)
    out += blob(8, blob(1, "") + integer(2, opset))
    for domain in domains:
        out += blob(8, blob(1, domain) + integer(2, 1))
    return out + extra


def network(nodes, inputs=(("x", [1, 3, 8, 8]),), outputs=("y",), initializers=(), opset=17,
            domains=()):
    """The usual file: `inputs` are (name, sizes) or (name, sizes, type), `outputs` names."""
    return model(graph(nodes, [value(*one) for one in inputs],
                       [value(one, None) for one in outputs], initializers), opset, domains)
