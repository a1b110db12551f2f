# SPDX-License-Identifier: Apache-2.0
"""Broken and hostile ONNX files, and odd ones that must be read right.

cases() gives (name, bytes, expectation): a text is what the error must say, None means that any
one-line error or any answer will do, and a number is the count of layers that inspect must give.
"""
import struct

from onnx_bytes import *  # pylint: disable=wildcard-import

IMAGE = [("x", [1, 3, 8, 8])]
W = tensor("w", [4, 3, 3, 3])


def conv(**attributes):
    return network([node("Conv", "x w", "y", "conv", **attributes)], IMAGE, ["y"], [W])


def one(op, *constants, inputs=tuple(IMAGE), outs="y", opset=17, names=None, **attributes):
    names = names or [each[0] for each in inputs] + [f"c{i}" for i in range(len(constants))]
    stored = [make(f"c{i}") for i, make in enumerate(constants)]
    return network([node(op, names, outs, "it", **attributes)], inputs, outs.split(), stored, opset)


def shaped(*sizes, kind=FLOAT):
    return lambda name: tensor(name, sizes, kind)


def holding(*numbers):
    return lambda name: integers(name, numbers)


def sound():
    """A network of several blocks, with most messages of the format in it."""
    nodes = [node("Conv", "x w b", "a", "conv", pads=[1, 1, 1, 1], strides=[1, 1]),
             node("Relu", "a", "r", "relu"), node("Shape", "r", "s"),
             node("Gather", "s zero", "n", axis=0), node("Unsqueeze", "n axes", "n1"),
             node("Concat", "n1 rest", "to", "to", axis=0), node("Reshape", "r to", "f", "flat"),
             node("Gemm", "f v", "g", "fc", transB=1, alpha=1.0),
             node("Constant", [], "two", value=tensor("", [], FLOAT, struct.pack("<f", 2.0))),
             node("Mul", "g two", "m", "twice"), node("Softmax", "m", "y", "softmax", axis=-1)]
    return model(graph(nodes, [value("x", ["batch", 3, 8, 8])], [value("y", ["batch", 10])],
                       [tensor("w", [4, 3, 3, 3]), tensor("b", [4]),
                        tensor("zero", [], INT64, bytes(8)), integers("axes", [0]),
                        integers("rest", [-1]), tensor("v", [10, 256])],
                       extra=blob(13, value("a", [1, 4, 8, 8]))))


def field_ends(data, at=0, end=None, depth=0):
    """Where the fields of a message end, those of messages inside it too (as far as they parse)."""
    end = len(data) if end is None else end
    while at < end:
        key = shift = 0
        while True:
            byte = data[at]
            key |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                break
        if key & 7 == 0:
            while data[at] > 127:
                at += 1
            at += 1
        elif key & 7 == 5:
            at += 4
        elif key & 7 == 2:
            size = shift = 0
            while True:
                byte = data[at]
                size |= (byte & 127) << shift
                at, shift = at + 1, shift + 7
                if byte < 128:
                    break
            if size > 24 and depth < 3:
                try:
                    yield from field_ends(data, at, at + size, depth + 1)
                except IndexError:
                    pass
            at += size
        else:
            return
        yield min(at, len(data))


def damaged():
    whole = sound()
    yield "sound", whole, 6
    ends = sorted({end for end in field_ends(whole) if end < len(whole)})
    for end in ends:
        yield f"cut-at-{end:04}", whole[:end], None
        if end % 4 == 0:
            yield f"cut-inside-{end:04}", whole[:end - 1], None
    for i in range(60):
        at = i * 7919 % len(whole)
        flipped = bytearray(whole)
        flipped[at] ^= 1 << i % 8
        yield f"flip-{at:04}-{i % 8}", bytes(flipped), None
    yield "empty", b"", None
    yield "one-byte", b"\x08", "cut off, damaged or not ONNX"
    yield "zeros", bytes(4096), None
    yield "ones", b"\xff" * 4096, "cut off, damaged or not ONNX"
    yield "text", b"layer { name: 'conv' }\n" * 50, None
    yield "html", b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n", None
    yield "zip", b"PK\x03\x04" + bytes(range(256)) * 8, None
    yield "doubled", whole + whole, None
    yield "rubbish-behind", whole + b"\x07rubbish", None


def lengths():
    yield "graph-of-2GB", integer(1, 8) + blob(7, b"short", 1 << 31), "cut off"
    yield "graph-of-max", integer(1, 8) + blob(7, b"short", (1 << 64) - 1), "cut off"
    yield "name-of-2GB", model(blob(1, blob(3, "conv", (1 << 31) - 1))), "cut off"
    yield "raw-of-4GB", model(blob(5, tensor("w", [1]) + blob(9, b"1234", 1 << 32))), "cut off"
    yield "packed-of-max", model(blob(5, varint(1 << 3 | 2) + varint((1 << 63) - 1))), "cut off"
    yield "varint-too-long", b"\x08" + b"\xff" * 11, "cut off"
    yield "group-wire-type", b"\x0b\x0c", None
    yield "wrong-wire-type", integer(7, 5), "wrong wire type"
    for wire in (1, 5, 6, 7):
        yield f"wire-type-{wire}", varint(7 << 3 | wire) + bytes(8), None
    yield "field-zero", b"\x00\x01", None


def sizes():
    big = 1 << 62
    yield "negative-size", one("Relu", inputs=[("x", [1, -5, 8])]), "negative size"
    yield "overflowing-input", one("Relu", inputs=[("x", [big, 3, big])]), "exceeds 2^63"
    yield "overflow-by-one", one("Relu", inputs=[("x", [1 << 32, 1 << 31])]), None
    yield "largest-sizes", one("Relu", inputs=[("x", [(1 << 63) - 1])]), None
    yield "zero-size", one("Relu", inputs=[("x", [1, 0, 8])]), 1
    yield "rank-0", one("Relu", inputs=[("x", [])]), 1
    yield "rank-32", one("Relu", inputs=[("x", [1] * 32)]), 1
    yield "rank-33", one("Relu", inputs=[("x", [1] * 33)]), "more than 32 dimensions"
    yield "rank-100000", one("Relu", inputs=[("x", [1] * 100_000)]), "more than 32 dimensions"
    yield "weight-negative", network([node("Conv", "x w", "y", "conv")], IMAGE, ["y"],
                                     [tensor("w", [4, 3, -3, 3])]), "negative size"
    yield "weight-overflow", network([node("Conv", "x w", "y", "conv")], IMAGE, ["y"],
                                     [tensor("w", [big, 3, big, 3])]), None
    yield "weight-too-short", network([node("Conv", "x w", "y", "conv")], IMAGE, ["y"],
                                      [tensor("w", [4, 3, 3, 3], FLOAT, b"1234")]), "does not fit"
    yield "reshape-overflow", one("Reshape", holding(big, big)), None
    yield "reshape-negative", one("Reshape", holding(-7, 3)), None
    yield "reshape-two-open", one("Reshape", holding(-1, -1)), None
    yield "expand-overflow", one("Expand", holding(big, 3, 8, 8)), None
    yield "tile-overflow", one("Tile", holding(big, big, 1, 1)), None
    yield "tile-negative", one("Tile", holding(-1, 1, 1, 1)), None
    yield "pad-overflow", one("Pad", holding(0, 0, big, big, 0, 0, big, big)), None
    yield "pad-below-zero", one("Pad", holding(0, 0, -9, 0, 0, 0, -9, 0)), None
    yield "range-infinite", one("Range", holding(0), holding(5), holding(0), names="c0 c1 c2"), None
    yield "range-huge", network([node("Range", "a b d", "r", "r"), node("Add", "x r", "y", "add")],
                                IMAGE, ["y"], [tensor("a", [], INT64, bytes(8)),
                                tensor("b", [], INT64, struct.pack("<q", big)),
                                tensor("d", [], INT64, struct.pack("<q", 1))]), None
    yield "constant-of-huge", network([node("ConstantOfShape", "s", "r", "r"),
                                       node("Add", "x r", "y", "add")], IMAGE, ["y"],
                                      [integers("s", [big, big])]), None
    yield "one-hot-huge", one("OneHot", holding(big), holding(0, 1)), None
    yield "resize-huge", one("Upsample", lambda n: reals(n, [1.0, 1.0, 1e30, 1e30]), opset=9), None
    yield "resize-nan", one("Upsample", lambda n: reals(n, [1.0, 1.0, float("nan"), 1.0]),
                            opset=9), None
    yield "depth-to-space-0", one("DepthToSpace", blocksize=0), None
    yield "depth-to-space-huge", one("DepthToSpace", blocksize=big), None
    yield "topk-negative", one("TopK", holding(-3), outs="y z"), None
    yield "split-past-end", one("Split", holding(5, 5), outs="y z", axis=1), "it"
    yield "split-negative", one("Split", holding(-1, 4), outs="y z", axis=1), "it"
    yield "lstm-huge", one("LSTM", shaped(1, big, 8), shaped(1, big, big), inputs=[("x", [5, 1, 8])],
                           hidden_size=big), None
    yield "macs-beyond-int64", network([node("MatMul", "x w", "y", "fc")],
                                       [("x", [1 << 30, 1 << 30])], ["y"],
                                       [tensor("w", [1 << 30, 1 << 30])]), None


def windows():
    yield "stride-0", conv(strides=[0, 1]), "stride 0 must be at least 1"
    yield "stride-negative", conv(strides=[-1, 1]), "must be at least 1"
    yield "dilation-0", conv(dilations=[0, 0]), "must be at least 1"
    yield "dilation-huge", conv(dilations=[1 << 62, 1]), None
    yield "stride-huge", conv(strides=[(1 << 63) - 1] * 2), 1
    yield "pads-huge", conv(pads=[(1 << 63) - 1] * 4), None
    yield "pads-negative", conv(pads=[-1, 0, 0, 0]), "negative"
    yield "pads-too-few", conv(pads=[1, 1]), "pads has 2 numbers, not 4"
    yield "strides-too-many", conv(strides=[1, 1, 1]), "strides has 3 numbers, not 2"
    yield "kernel-other-than-weights", conv(kernel_shape=[5, 5]), "kernel_shape"
    yield "groups-do-not-divide", conv(group=2), "group"
    yield "groups-0", conv(group=0), "must be at least 1"
    yield "groups-negative", conv(group=-3), "must be at least 1"
    yield "auto-pad-unknown", conv(auto_pad="SOMEHOW"), "auto_pad"
    yield "kernel-larger-than-input", one("Conv", shaped(4, 3, 9, 9)), "it"
    yield "kernel-of-0", one("Conv", shaped(4, 3, 0, 3)), "must be at least 1"
    yield "no-output-channels", one("Conv", shaped(0, 3, 3, 3)), None
    yield "channels-do-not-fit", one("Conv", shaped(4, 5, 3, 3)), "do not fit"
    yield "weights-of-rank-1", one("Conv", shaped(4)), "no kernel"
    yield "input-of-rank-2", one("Conv", shaped(4, 3, 3, 3), inputs=[("x", [1, 3])]), "spatial"
    volume = {"inputs": [("x", [1, 3, 8, 8, 8])]}
    yield "three-axes", one("Conv", shaped(4, 3, 3, 3, 3), **volume), 1
    yield "volume-kernel-9", one("Conv", shaped(4, 3, 9, 3, 3), **volume), "it"
    yield "volume-stride-0", one("Conv", shaped(4, 3, 3, 3, 3), **volume, strides=[1, 0, 1]), "at least 1"
    yield "volume-of-two-strides", one("Conv", shaped(4, 3, 3, 3, 3), **volume, strides=[1, 1]), "strides"
    yield "volume-pad-huge", one("Conv", shaped(4, 3, 3, 3, 3), **volume,
                                 pads=[(1 << 63) - 1, 0, 0, 0, 0, 0]), "it"
    yield "volume-groups", one("Conv", shaped(4, 1, 3, 3, 3), **volume, group=3), "divide"
    yield "volume-work", one("Conv", shaped(4, 1 << 40, 3, 3, 3), inputs=[("x", [1, 1 << 40, 8, 8, 8])]), None
    yield "volume-transposed-huge", one("ConvTranspose", shaped(3, 4, 3, 3, 3), **volume,
                                        strides=[1 << 61] * 3), "it"
    yield "volume-output-shape", one("ConvTranspose", shaped(3, 4, 3, 3, 3), **volume,
                                     output_shape=[-1, 8, 8]), "must be positive"
    many = " ".join(["x"] * 5_000)
    yield "einsum-of-5000", network([node("Einsum", many, "y", "it", equation=",".join(["ab"] * 5_000) + "->b")],
                                    [("x", [2, 3])]), None
    yield "einsum-of-100000", network([node("Einsum", many * 20, "y", "it", equation="," * 99_999 + "->")],
                                      [("x", [2, 3])]), None
    yield "einsum-terms", network([node("Einsum", "x x x", "y", "it", equation="ab,bc->ac")],
                                  [("x", [2, 3])]), "equation 2"
    yield "four-axes", one("Conv", shaped(4, 3, 3, 3, 3, 3), inputs=[("x", [1, 3, 8, 8, 8, 8])]), "spatial"
    yield "pool-without-kernel", one("MaxPool"), "kernel_shape"
    yield "pool-kernel-0", one("MaxPool", kernel_shape=[0, 0]), "must be at least 1"
    yield "pool-larger-than-input", one("MaxPool", kernel_shape=[99, 99]), "it"
    yield "transposed-shrinks", one("ConvTranspose", shaped(3, 4, 3, 3), pads=[9, 9, 9, 9]), None
    yield "transposed-huge", one("ConvTranspose", shaped(3, 4, 3, 3), strides=[1 << 61] * 2), None


def attributes():
    wrong = {"axis": "middle", "perm": 3, "to": "float", "blocksize": 1.5, "kernel_shape": "3x3",
             "equation": 7, "num_groups": [4], "keepdims": "yes"}
    ops = {"axis": "Softmax", "perm": "Transpose", "to": "Cast", "blocksize": "DepthToSpace",
           "kernel_shape": "MaxPool", "equation": "Einsum", "num_groups": "GroupNormalization",
           "keepdims": "ReduceMean"}
    for name, given in wrong.items():
        yield f"wrong-type-{name}", one(ops[name], **{name: given}), f"attribute '{name}' is not"
    yield "perm-twice", one("Transpose", perm=[0, 0, 1, 1]), "it"
    yield "perm-too-long", one("Transpose", perm=list(range(9))), "it"
    yield "axis-past-end", one("Concat", axis=9), "it"
    yield "axis-min", one("Softmax", axis=-(1 << 63)), "it"
    yield "attribute-twice", network([node("Softmax", "x", "y", "it", axis=1) +
                                      blob(5, attribute("axis", 2))], IMAGE), "given twice"
    yield "attribute-unnamed", network([node("Softmax", "x", "y", "it") + blob(5, integer(3, 1))],
                                       IMAGE), "no name"
    yield "attributes-5000", network([node("Softmax", "x", "y", "it") + b"".join(
        blob(5, attribute(f"a{i}", i)) for i in range(5000))], IMAGE), "1000 attributes"
    yield "type-lies", network([node("Softmax", "x", "y", "it") + blob(
        5, blob(1, "axis") + integer(3, 1) + integer(20, 7))], IMAGE), "another type"
    yield "axes-a-million", one("ReduceMean", axes=[0] * 1_000_000, opset=13), None
    yield "constant-empty", network([node("Constant", [], "k", "k"), node("Add", "x k", "y")]), "k"
    yield "constant-text", network([node("Constant", [], "k", "k", value_string="text"),
                                    node("Add", "x k", "y")]), 2
    yield "einsum-odd", one("Einsum", equation="->->...->"), None
    yield "einsum-dots", one("Einsum", equation="..." * 1000 + "->i"), None


def wiring():
    yield "no-graph", integer(1, 8), None
    yield "no-nodes", network([], IMAGE, ["x"]), 0
    yield "no-inputs", network([node("Relu", "x", "y", "it")], []), "which nothing defines"
    yield "node-without-op", network([node("", "x", "y", "it")]), "does not say its operation"
    yield "node-without-inputs", network([node("Conv", [], "y", "it")]), "it"
    yield "node-without-outputs", network([node("Relu", "x", [], "it")], outputs=["x"]), None
    yield "missing-weights", network([node("Conv", "x w", "y", "it")]), "'w', which nothing defines"
    yield "missing-output", network([node("Relu", "x", "y", "it")], outputs=["z"]), "'z'"
    yield "reads-itself", network([node("Add", "x y", "y", "it")]), "cycle"
    yield "cycle", network([node("Add", "x c", "a", "first"), node("Relu", "a", "b"),
                            node("Relu", "b", "c"), node("Relu", "c", "y")]), "cycle"
    yield "written-twice", network([node("Relu", "x", "y", "a"), node("Neg", "x", "y", "b")]), \
        "written twice"
    yield "output-twice-in-node", network([node("Split", "x", "y y", "it", axis=1)]), \
        "written twice"
    yield "input-overwritten", network([node("Relu", "x", "x", "it")], outputs=["x"]), None
    yield "input-twice", one("Relu", inputs=IMAGE + IMAGE), None
    yield "initializer-twice", network([node("Conv", "x w", "y", "it")], IMAGE, ["y"], [W, W]), None
    yield "unknown-operation", one("Frobnicate"), 1
    yield "unknown-domain", network([node("Frobnicate", "x", "y", "it", "evil.example")]), 1
    yield "outputs-too-many", one("Relu", outs="y z"), "has no output 1"
    yield "inputs-too-many", network([node("Relu", ["x"] * 1000, "y", "it")]), None
    yield "opset-negative", one("Relu", opset=-1), None
    yield "opset-huge", one("Relu", opset=(1 << 63) - 1), None
    yield "opset-old", one("Relu", opset=1), None
    yield "strings", one("Relu", inputs=[("x", [1], STRING)]), "strings"
    yield "complex", one("Relu", inputs=[("x", [1], 14)]), None
    yield "type-9999", one("Relu", inputs=[("x", [1], 9999)]), None
    yield "sequence-input", model(graph([node("Relu", "x", "y")], [
        blob(1, "x") + blob(2, blob(4, b""))], [value("y", None)])), "not a tensor"
    yield "open-size", one("Relu", inputs=[("x", ["N", 3, "height", None])]), "--shape x="
    yield "no-shape", one("Relu", inputs=[("x", None)]), "--shape x="


def chain(count, backwards=False):
    nodes = [node("Relu", f"t{i}" if i else "x", f"t{i + 1}" if i + 1 < count else "y")
             for i in range(count)]
    return network(nodes[::-1] if backwards else nodes)


def nested(depth):
    inner = graph([node("Relu", "x", "t0")], [], [value("t0", None)])
    for level in range(depth):
        branch = node("If", "c", f"t{level + 1}", then_branch=Graph(inner), else_branch=Graph(inner)) \
            if level < 3 else node("If", "c", f"t{level + 1}", then_branch=Graph(inner))
        inner = graph([branch], [], [value(f"t{level + 1}", None)])
    return network([node("If", "c", "y", "it", then_branch=Graph(inner), else_branch=Graph(inner))],
                   IMAGE, ["y"], [tensor("c", [], BOOL, b"\1")])


def deep_messages(depth):
    """A graph in an attribute of a node in a graph ..., only in length prefixes."""
    data = b""
    for _ in range(depth):
        data = blob(6, blob(1, blob(5, data)))
    return network([node("Relu", "x", "y", "it") + blob(5, blob(1, "g") + data + integer(20, 5))])


def function(name, nodes, attributes_=()):
    return blob(25, blob(1, name) + blob(4, "a") + blob(5, "b") +
                b"".join(blob(6, one_) for one_ in attributes_) +
                b"".join(blob(7, each) for each in nodes) + blob(9, blob(1, "") + integer(2, 17)) +
                blob(10, "own"))


def doubling(depth):
    """Functions that call the one before twice: 2^depth nodes in a few hundred bytes."""
    extra = function("f0", [node("Relu", "a", "b")])
    for i in range(1, depth):
        extra += function(f"f{i}", [node(f"f{i - 1}", "a", "m", "", "own"),
                                    node(f"f{i - 1}", "m", "b", "", "own")])
    return model(graph([node(f"f{depth - 1}", "x", "y", "it", "own")], [value("x", [1, 3])],
                       [value("y", None)]), 17, ["own"], extra)


def loop(trips):
    body = graph([node("Identity", "k", "k2"), node("Relu", "s", "s2")],
                 [value("i", [], INT64), value("k", [], BOOL), value("s", [2, 3])],
                 [value("k2", None), value("s2", None)])
    return network([node("Loop", "m k0 x", "y", "it", body=Graph(body))], [("x", [2, 3])], ["y"],
                   [tensor("m", [], INT64, struct.pack("<q", trips)),
                    tensor("k0", [], BOOL, b"\1")])


def growth():
    yield "chain-100000", chain(100_000), 100_000
    yield "chain-100000-backwards", chain(100_000, True), 100_000
    wide = [node("Relu", "x", f"t{i}") for i in range(20_000)]
    yield "concat-of-20000", network(wide + [node("Concat", [f"t{i}" for i in range(20_000)], "y",
                                                  "it", axis=1)]), 20_001
    yield "concat-of-one-20000-times", network([node("Concat", ["x"] * 20_000, "y", "it", axis=1)]), 1
    yield "sum-of-20000", network(wide + [node("Sum", [f"t{i}" for i in range(20_000)], "y")]), 20_001
    yield "split-into-20000", one("Split", inputs=[("x", [1, 20_000])], axis=1,
                                  outs=" ".join(["y"] + [f"t{i}" for i in range(19_999)])), 1
    yield "initializers-100000", network([node("Relu", "x", "y")], IMAGE, ["y"],
                                         [tensor(f"w{i}", [1]) for i in range(100_000)]), 1
    yield "inputs-50000", one("Relu", inputs=IMAGE + [(f"i{i}", [1, 2]) for i in range(50_000)],
                              names="x"), 1
    yield "fan-out-50000", network([node("Relu", "x", "y")] + [node("Neg", "y", f"n{i}")
                                                              for i in range(50_000)]), 50_001
    yield "nested-10", nested(10), None
    yield "nested-40", nested(40), None
    yield "nested-graphs-500", deep_messages(500), None
    yield "nested-graphs-5000", deep_messages(5000), None
    yield "functions-2-to-the-20", doubling(20), "unfold to more than"
    yield "function-calls-itself", model(graph([node("f", "x", "y", "it", "own")], [value("x", [1])],
                                               [value("y", None)]), 17, ["own"],
                                         function("f", [node("f", "a", "b", "", "own")])), None
    yield "loop-huge", loop((1 << 63) - 1), None
    yield "loop-of-1000000", loop(1_000_000), None
    yield "loop-negative", loop(-5), None
    yield "name-of-8MB", network([node("Relu", "x", "y", "n" * 8_000_000)]), 1
    yield "op-of-8MB", network([node("O" * 8_000_000, "x", "y", "it")]), 1
    yield "gather-65536-squared", network(
        [node("ConstantOfShape", "s", "k", value=tensor("", [1], INT64, struct.pack("<q", 1)))] +
        [node("Concat", [f"k{i}" if i else "k"] * 2, f"k{i + 1}", axis=0) for i in range(40)] +
        [node("Reshape", "x k40", "y", "it")], IMAGE, ["y"], [integers("s", [4])]), None


ODD_NAMES = {"control": "a\x1b[31mred\x07\r\n\x00b", "markup": "<script>alert(1)</script>&\"'",
             "separators": "../../etc/passwd\\C:,;|\t", "formula": "=cmd|' /C calc'!A0",
             "percent": "%s%n%x{0}{}", "blank": "   ", "long": "name" * 500,
             "right-to-left": "\u202egnp.exe", "wide": "日本語\u0301\U0001f600"}


def names():
    odd = {key: text.encode() for key, text in ODD_NAMES.items()}
    odd["broken-utf8"] = b"\xff\xfe\xc3(\xed\xa0\x80\xf4\x90\x80\x80"
    odd["overlong-utf8"] = b"\xc0\xaf\xe0\x80\xaf"
    odd["c1-controls"] = "a\u0085\u009b31m\u2028b".encode()
    for key, text in odd.items():
        yield f"name-{key}", network([node("Relu", "x", "y", text)]), 1
        yield f"op-{key}", network([node(text, "x", "y", "it")]), 1
        yield f"tensor-{key}", model(graph([node("Relu", [text], [text + b"2"])], [
            value(text, [1, 3])], [value(text + b"2", None)])), 1
        yield f"error-{key}", network([node("Conv", [b"x", text], "y", text)]), "FILE"


def outside():
    """External data that a shape depends on, so that a reader is tempted to open it."""
    places = {"passwd": "/etc/passwd", "climb": "../../../../../../etc/passwd",
              "zero": "/dev/zero", "mem": "/proc/self/mem", "urandom": "/dev/urandom",
              "hidden-climb": "a/../../../../../../../../etc/passwd", "pipe": "pipe",
              "folder": "folder", "link": "link-to-passwd", "link-folder": "link-to-root/etc/passwd",
              "nul": "data\0.bin", "empty": "", "dot": ".", "self": "external-self.onnx"}
    for key, place in places.items():
        data = network([node("Reshape", "x s", "y", "it")], IMAGE, ["y"],
                       [tensor("s", [2], INT64, None, {"location": place, "length": "16"})])
        yield f"external-{key}", data, None if key in ("self", "nul") else \
            "outside the model's folder" if key not in ("pipe", "folder", "dot") else \
            "is not a regular file"
    for key, entries in {"offset-huge": {"offset": "9223372036854775807"},
                         "offset-negative": {"offset": "-1"}, "offset-text": {"offset": "12x"},
                         "missing": {}}.items():
        yield f"external-{key}", network(
            [node("Reshape", "x s", "y", "it")], IMAGE, ["y"],
            [tensor("s", [2], INT64, None, {"location": "nowhere.bin", **entries})]), None


def cases():
    for group in (damaged, lengths, sizes, windows, attributes, wiring, growth, names, outside):
        yield from group()
