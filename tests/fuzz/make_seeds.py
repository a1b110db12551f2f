#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what the fuzzers start from and cannot be kept as text.

usage: make_seeds.py FOLDER

FOLDER/onnx/*.onnx: small files that together have every operator; FOLDER/stores/*.db: small stores;
FOLDER/profiles/*.gz: the profiles of the corpus; FOLDER/FORMAT.dict: the words of each format,
taken from the sources of its reader.
"""
import gzip
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "hostile"))
from onnx_bytes import *  # pylint: disable=wildcard-import,wrong-import-position
from store_cases import made  # pylint: disable=wrong-import-position

X = [("x", [2, 4, 6, 6])]
IDS = [("x", [2, 6], INT64)]
ROWS = [("x", [2, 6, 8])]


def one(op, inputs, constants=(), opset=17, domain="", out="y", slots=None, **attributes):
    """A file of one node that reads `inputs` and then the `constants`, unless `slots` says else."""
    names = slots or " ".join([each[0] for each in inputs] + [name for name, _ in constants])
    return network([node(op, names, out, "n", domain, **attributes)], inputs, out.split(),
                   [data for _, data in constants], opset, [domain] if domain else [])


def c(name, *sizes, kind=FLOAT):
    return name, tensor(name, sizes, kind)


def i(name, *values):
    return name, integers(name, values)


def f(name, *values):
    return name, reals(name, values)


def operators():
    yield one("Conv", X, [c("w", 8, 2, 3, 3), c("b", 8)], group=2, strides=[2, 2], pads=[1, 1, 1, 1])
    yield one("Conv", [("x", [1, 3, 9])], [c("w", 4, 3, 2)], auto_pad="SAME_UPPER", dilations=[2])
    yield one("ConvTranspose", X, [c("w", 4, 2, 3, 3)], output_padding=[1, 1], strides=[2, 2])
    yield one("ConvTranspose", X, [c("w", 4, 2, 3, 3)], output_shape=[12, 12], strides=[2, 2])
    yield one("MaxPool", X, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    yield one("AveragePool", X, kernel_shape=[3, 3], pads=[1, 1, 0, 0], count_include_pad=1)
    yield one("GlobalAveragePool", X)
    yield one("MaxPool", [("x", [1, 2, 4, 4, 4])], kernel_shape=[1, 2, 2])
    for op in ("Relu", "Erf", "Not", "IsNaN", "HardSwish", "Mish", "Shape", "NonZero", "EyeLike",
               "LogSoftmax", "Identity", "MeanVarianceNormalization"):
        yield one(op, X)
    yield one("PRelu", X, [c("w", 4, 1, 1)])
    yield one("Clip", X, [f("lo", 0.0), f("hi", 6.0)])
    for op in ("Add", "Max", "Equal", "Mod", "And", "Pow", "BitShift"):
        yield one(op, X + [("z", [4, 1, 6])])
    yield one("Where", [("x", [4], BOOL), ("a", [2, 4]), ("b", [2, 1])])
    yield one("MatMul", ROWS, [c("w", 8, 5)])
    yield one("MatMul", ROWS + [("z", [2, 8, 3])])
    yield one("Gemm", [("x", [3, 4])], [c("w", 5, 4), c("b", 5)], transB=1)
    yield one("Einsum", ROWS + [("z", [2, 8, 3])], equation="bij,bjk->bik")
    yield one("Einsum", ROWS, equation="...ij->...ji")
    yield one("Attention", [("q", [1, 4, 8]), ("k", [1, 6, 8]), ("v", [1, 6, 8])], opset=23,
              q_num_heads=2, kv_num_heads=2)
    yield one("BatchNormalization", X, [c("s", 4), c("b", 4), c("m", 4), c("v", 4)])
    yield one("LayerNormalization", ROWS, [c("s", 8), c("b", 8)], axis=-1)
    yield one("GroupNormalization", X, [c("s", 4), c("b", 4)], 21, num_groups=2)
    yield one("LRN", X, size=5)
    yield one("Softmax", X, opset=11, axis=2)
    yield one("Dropout", X, [f("r", 0.25)], out="y m")
    yield one("LpNormalization", X, axis=1)
    for op in ("LSTM", "GRU", "RNN"):
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
        yield one(op, [("x", [5, 2, 3])], [c("w", 2, gates * 4, 3), c("r", 2, gates * 4, 4)],
                  out="y h", hidden_size=4, direction="bidirectional")
    yield one("Reshape", X, [i("s", 0, -1, 3)], allowzero=0)
    yield one("Flatten", X, axis=2)
    yield one("Squeeze", [("x", [1, 4, 1])], [i("a", 0, 2)])
    yield one("Unsqueeze", X, opset=11, axes=[0, 5])
    yield one("Transpose", X, perm=[0, 2, 3, 1])
    yield one("Slice", X, [i("s", -1), i("e", -9), i("a", 2), i("t", -2)])
    yield one("Slice", X, opset=9, starts=[1], ends=[3], axes=[1])
    yield one("Split", X, [i("s", 1, 3)], out="y z", axis=1)
    yield one("Split", X, opset=18, out="y z", axis=1, num_outputs=2)
    yield one("Concat", X + [("z", [2, 5, 6, 6])], axis=1)
    yield one("Pad", X, [i("p", 0, 0, 1, 1, 0, 0, -1, 2)], mode="reflect")
    yield one("Pad", X, [i("p", 1, 1), f("v", 0.0), i("a", 2)], 18)
    yield one("Gather", IDS, [c("w", 10, 4)], slots="w x")
    yield one("GatherElements", X + [("z", [1, 1, 2, 2], INT64)], axis=2)
    yield one("GatherND", X, [i("s", 0)])
    yield one("ScatterND", X, [c("k", 1, 1, kind=INT64), c("u", 1, 4, 6, 6)])
    yield one("Expand", [("x", [2, 1])], [i("s", 3, 1, 4)])
    yield one("Tile", X, [i("r", 1, 2, 1, 1)])
    yield one("Cast", X, to=10)
    yield one("CastLike", X + [("z", [1], FLOAT16)])
    yield one("DepthToSpace", X, blocksize=2, mode="CRD")
    yield one("SpaceToDepth", X, blocksize=2)
    yield one("Trilu", X)
    yield one("ReduceMean", X, axes=[2, -1], keepdims=0)
    yield one("ReduceSum", X, [i("a", 1)], noop_with_empty_axes=1)
    yield one("ArgMax", X, axis=1, select_last_index=1)
    yield one("TopK", X, [i("k", 2)], out="y z", axis=-1)
    yield one("CumSum", X, [i("a", 1)])
    yield one("Resize", X, [f("r"), f("s", 1.0, 1.0, 2.0, 1.5)], mode="nearest")
    yield network([node("Resize", ["x", "", "", "z"], ["y"], "n", axes=[2, 3],
                        keep_aspect_ratio_policy="not_larger")], X, ["y"], [integers("z", [9, 7])], 18)
    yield one("Upsample", X, [f("s", 1.0, 1.0, 2.0, 2.0)], 9)
    yield one("GridSample", X + [("z", [2, 3, 5, 2])])
    yield one("RoiAlign", X + [("z", [7, 4]), ("k", [7], INT64)], output_height=3, output_width=3)
    yield one("OneHot", IDS, [i("d", 10), f("v", 0.0, 1.0)])
    yield one("Range", IDS, [i("a", 0), i("b", 9), i("d", 2)], slots="a b d")
    yield one("RandomNormal", [], shape=[2, 3])
    q = [f("s", 0.1), c("zp", kind=UINT8)]
    yield one("QuantizeLinear", X, q)
    yield one("DynamicQuantizeLinear", X, out="y s z")
    yield one("QLinearConv", [("x", [1, 4, 6, 6], UINT8)], q + [c("w", 8, 4, 3, 3, kind=INT8)],
              slots="x s zp w s zp s zp")
    yield one("QLinearMatMul", [("x", [3, 4], UINT8)], q + [c("w", 4, 5, kind=INT8)],
              slots="x s zp w s zp s zp")
    yield one("MatMulInteger", [("x", [3, 4], UINT8)], [c("w", 4, 5, kind=INT8)])
    yield one("QLinearAdd", [("x", [3, 4], UINT8)], q, domain="com.microsoft",
              slots="x s zp x s zp s zp")
    yield one("QLinearConcat", [("x", [3, 4], UINT8)], q, domain="com.microsoft",
              slots="s zp x s zp x s zp", axis=1)
    yield one("QGemm", [("x", [3, 4], UINT8)], q + [c("w", 4, 5, kind=INT8)],
              domain="com.microsoft", slots="x s zp w s zp")
    yield one("FusedConv", X, [c("w", 8, 4, 1, 1)], domain="com.microsoft", activation="Relu")
    yield one("SkipLayerNormalization", ROWS + [("z", [2, 6, 8])], [c("g", 8)], domain="com.microsoft")
    ms = {"domain": "com.microsoft"}
    yield one("Attention", ROWS, [c("w", 8, 24), c("b", 24)], **ms, num_heads=2)
    yield one("MultiHeadAttention", [("q", [1, 4, 8]), ("k", [1, 6, 8]), ("v", [1, 6, 8])], **ms,
              num_heads=2)
    yield one("EmbedLayerNormalization", IDS + [("z", [2, 6], INT64)],
              [c("w", 9, 4), c("p", 8, 4), c("k", 2, 4), c("s", 4), c("b", 4)], **ms, out="y m")
    yield one("FusedMatMul", ROWS + [("z", [2, 3, 8])], **ms, transB=1, alpha=0.5)
    yield one("RotaryEmbedding", ROWS, [c("s", 6, 4), c("t", 6, 4)], 23)
    yield one("DynamicQuantizeMatMul", [("x", [3, 4])], [c("w", 4, 5, kind=INT8), f("s", 0.1)], **ms)
    yield one("QLinearSoftmax", [("x", [3, 4], UINT8)], q, **ms, slots="x s zp s zp", axis=-1)
    yield one("Layer", X, [c("w", 40)], domain="neuralpower", slots="x w",
              layer="conv in=4x6x6 batch=2 out=1 kernel=3", outputs="2x1x4x4")
    yield one("Mystery", X, [c("w", 4)], domain="nobody.knows", out="y z")


def structures():
    inner = graph([node("Relu", "x", "t")], [], [value("t", None)])
    other = graph([node("Neg", "x", "e")], [], [value("e", None)])
    yield network([node("If", "c", "y", then_branch=Graph(inner), else_branch=Graph(other))],
                  [("x", [2, 3])], ["y"], [tensor("c", [], BOOL, b"\1")])
    body = graph([node("Identity", "k", "k2"), node("Relu", "s", "s2"), node("Neg", "s2", "out")],
                 [value("i", [], INT64), value("k", [], BOOL), value("s", [2, 3])],
                 [value("k2", None), value("s2", None), value("out", None)])
    yield network([node("Loop", "m k0 x", "y z", body=Graph(body))], [("x", [2, 3])], ["y", "z"],
                  [tensor("m", [], INT64, b"\3" + bytes(7)), tensor("k0", [], BOOL, b"\1")])
    call = node("Mine", "x", "y", "", "my", alpha=1.5)
    function = (blob(1, "Mine") + blob(4, "a") + blob(5, "b") + blob(6, "alpha") +
                blob(7, node("LeakyRelu", "a", "m") + blob(5, blob(1, "alpha") + blob(21, "alpha") +
                                                           integer(20, 1))) +
                blob(7, node("Exp", "m", "b")) + blob(9, blob(1, "") + integer(2, 17)) +
                blob(10, "my"))
    yield model(graph([call], [value("x", [2, 3])], [value("y", None)]), 17, ["my"],
                blob(25, function))
    # What exporters do on shapes.
    yield network([node("Shape", "x", "s"), node("Gather", "s zero", "n", axis=0),
                   node("Unsqueeze", "n axes", "n1"), node("Concat", "n1 rest", "to", axis=0),
                   node("Reshape", "x to", "y")], [("x", ["batch", 4, 6])], ["y"],
                  [tensor("zero", [], INT64, bytes(8)), integers("axes", [0]),
                   integers("rest", [-1])])
    yield network([node("Constant", [], ["k"], value=tensor("", [2], INT64, bytes(16))),
                   node("ConstantOfShape", "k", "z"), node("Add", "x z", "y")], [("x", [1, 1])])
    yield network([node("Constant", [], ["k"], value_ints=[0, -1]), node("Reshape", "x k", "a"),
                   node("Split", "a", "b c", axis=1), node("Mul", "b c", "y")], [("x", [2, 4, 2])])
    # One block of each family of networks.
    yield network([node("Conv", "x w", "a", pads=[1, 1, 1, 1]), node("Relu", "a", "b"),
                   node("Conv", "b w", "c", pads=[1, 1, 1, 1]), node("Add", "c x", "d"),
                   node("GlobalAveragePool", "d", "e"), node("Flatten", "e", "h"),
                   node("Gemm", "h v", "y", transB=1)], [("x", [1, 4, 6, 6])], ["y"],
                  [tensor("w", [4, 4, 3, 3]), tensor("v", [10, 4])])
    yield network([node("MatMul", "x wq", "q"), node("MatMul", "x wk", "k"),
                   node("Transpose", "k", "kt", perm=[0, 2, 1]), node("MatMul", "q kt", "s"),
                   node("Div", "s r", "s1"), node("Softmax", "s1", "p", axis=-1),
                   node("MatMul", "p q", "y")], [("x", [2, 6, 8])], ["y"],
                  [tensor("wq", [8, 8]), tensor("wk", [8, 8]), reals("r", [2.0])])
    yield model(graph([node("Add", "x w", "y")], [value("x", [2, 3])], [value("y", [2, 3])],
                      [tensor("w", [3], FLOAT, None, {"location": "w.bin", "offset": "0"})],
                      extra=blob(13, value("y", [2, 3]))))
    yield network([node("Conv", "x w b", "y")], [("x", ["N", 3, 8, 8]), ("w", [4, 3, 3, 3]), ("b", [4])])


# The folders whose words a format's files are made of.
FOLDERS = {"onnx": ["importers/onnx"], "caffe": ["importers/caffe"], "paleo": ["importers/paleo"],
           "layers": ["importers/layers", "network"], "samples": ["samples", "network"],
           "device_model": ["model", "features"], "profiles": ["samples/profiles"],
           "spaces": ["decide", "importers/layers", "network"], "plans": ["measure", "network"],
           "states": ["decide"], "stores": ["samples"], "tables": ["decide", "model/methods", "network"]}


def stores():
    small = "PRAGMA page_size=512; VACUUM;"
    yield made(small, rows=2)
    yield made("INSERT INTO skips VALUES (1, 1, 'why'); "
               "INSERT INTO networks VALUES (1, 1, 'n', 2, 1, 0.5, 50.0, 25.0); "
               "INSERT INTO meters(description, text) VALUES ('m', 'text'); UPDATE repetitions SET marks = 'slow', "
               "domains = 'package=3.5' WHERE number = 2; UPDATE measurements SET "
               "extras = 'kernel_ms=0.5' WHERE id = 1;" + small, rows=2)


def words(folders):
    """What stands between quotes in the sources and could stand in a file."""
    found = set()
    for folder in folders:
        for source in (ROOT.parent / "neuralpower" / folder).glob("*.cc"):
            if not source.name.endswith("_test.cc"):
                found.update(re.findall(r'"([A-Za-z_][A-Za-z0-9_.=*]{1,30})"', source.read_text()))
    return sorted(found)


def dictionary(name):
    lines = [f'"{word}"' for word in words(FOLDERS[name])]
    if name == "onnx":  # with their length in front, as fields have it; and telling numbers
        lines = [f'"\\x{len(word):02x}{word}"' for word in words(FOLDERS[name])]
        lines += ['"' + "".join(f"\\x{byte:02x}" for byte in varint(number)) + '"'
                  for number in (-1, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 63, (1 << 63) - 1)]
    else:
        lines += [f'"{number}"' for number in (0, -1, 1 << 31, 1 << 63, (1 << 63) - 1, "1e308", "nan")]
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    for number, data in enumerate([*operators(), *structures()]):
        (folder / "onnx" / f"{number:03}.onnx").write_bytes(data)
    (folder / "stores").mkdir(exist_ok=True)
    for number, data in enumerate(stores()):
        (folder / "stores" / f"{number}.db").write_bytes(data)
    (folder / "profiles").mkdir(exist_ok=True)
    for file in sorted((ROOT / "fuzz" / "corpus" / "profiles").iterdir()):
        (folder / "profiles" / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    for name in FOLDERS:
        (folder / f"{name}.dict").write_text(dictionary(name))


if __name__ == "__main__":
    main()
