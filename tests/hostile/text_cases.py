# SPDX-License-Identifier: Apache-2.0
"""Broken and hostile files of the text formats.

Each function gives (name, bytes, expectation) as onnx_cases.cases() does.
"""
DEEP = 100_000
HUGE = 1 << 62
ODD = [b"\xff\xfe\x00", b"\x1b[31mred", b"<b>&\"'</b>", b"../../etc/passwd", b"\xc3\x28", b"a,b;c|d"]


def cut(text, steps=8):
    for i in range(steps):
        yield f"cut-{i}", text[:len(text) * i // steps], None


def flipped(text, count=12):
    for i in range(count):
        at = i * 7919 % len(text)
        changed = bytearray(text)
        changed[at] ^= 1 << i % 7
        yield f"flip-{at}-{i % 7}", bytes(changed), None


def rubbish():
    yield "empty", b"", "FILE"
    yield "zeros", bytes(10_000), "FILE"
    yield "binary", bytes(range(256)) * 64, "FILE"
    yield "one-line-of-4MB", b"x" * 4_000_000, "FILE"
    yield "lines-500000", b"\n" * 500_000, "FILE"
    yield "bom-only", b"\xef\xbb\xbf", "FILE"
    yield "utf-16", "conv out=64\n".encode("utf-16"), "FILE"


def prototxt():
    data = b"input: 'data' input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n"
    conv = (data + b"layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' "
            b"convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }\n"
            b"layer { name: 'r' type: 'ReLU' bottom: 'c' top: 'c' }\n")
    yield "sound", conv, 2
    yield from rubbish()
    yield from cut(conv)
    yield from flipped(conv)
    yield "open-braces", data + b"layer {" * DEEP, "FILE"
    yield "closed-braces", data + b"}" * DEEP, "FILE"
    yield "open-text", data + b"layer { name: 'never ends", "FILE"
    for key, change in {"stride-0": b"stride: 0", "group-0": b"group: 0", "group-3": b"group: 3",
                        "kernel-0": b"kernel_h: 0 kernel_w: 0", "kernel-99": b"kernel_size: 99",
                        "dilation-huge": b"dilation: 4611686018427387904",
                        "stride-negative": b"stride: -1", "pad-negative": b"pad: -5",
                        "output-huge": b"num_output: 4611686018427387904",
                        "output-text": b"num_output: many"}.items():
        yield key, conv.replace(b"pad: 1", change), "FILE"
    yield "dims-overflow", conv.replace(b"dim: 3", b"dim: 4611686018427387904").replace(
        b"dim: 8", b"dim: 4611686018427387904"), "FILE"
    yield "dim-negative", conv.replace(b"dim: 3", b"dim: -3"), "FILE"
    yield "no-such-bottom", conv.replace(b"bottom: 'c'", b"bottom: 'z'"), "'z'"
    yield "cycle", data + b"layer { name: 'a' type: 'Eltwise' bottom: 'data' bottom: 'b' top: 'a' }\n" \
        b"layer { name: 'b' type: 'ReLU' bottom: 'a' top: 'b' }\n", "'b'"
    yield "layers-50000", data + b"layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'data' }\n" \
        * 50_000, 50_000
    yield "bottoms-20000", data + b"layer { name: 'k' type: 'Concat' top: 'k' " + \
        b"bottom: 'data' " * 20_000 + b"}\n", 1
    yield "tops-20000", data + b"layer { name: 's' type: 'Split' bottom: 'data' " + b"".join(
        b"top: 't%d' " % i for i in range(20_000)) + b"}\n", None
    for i, name in enumerate(ODD):
        escaped = b"".join(b"\\%03o" % byte for byte in name)
        yield f"name-{i}", conv.replace(b"name: 'c'", b"name: '" + escaped + b"'"), 2
        yield f"type-{i}", conv.replace(b"'ReLU'", b"'" + escaped + b"'"), 2


def paleo():
    net = (b'{"name": "n", "layers": {"data": {"type": "Input", "parents": [], "tensor": [2, 8, 8, 3]},'
           b'"c": {"type": "Convolution", "parents": ["data"], "filter": [3, 3, 3, 4], '
           b'"strides": [1, 1, 1, 1], "padding": "SAME"}}}')
    yield "sound", net, 1
    yield from rubbish()
    yield from cut(net)
    yield from flipped(net)
    yield "nested-arrays", b"[" * DEEP, "FILE"
    yield "nested-objects", b'{"a":' * DEEP, "FILE"
    yield "nested-blocks", b'{"name": "n", "layers": ' + \
        b'{"b": {"type": "Block", "parents": [], "layers": ' * 5_000, "FILE"
    yield "array-of-values", b"[1, 2, 3]", "FILE"
    yield "null", b"null", "FILE"
    for key, (old, new) in {
            "stride-0": (b"[1, 1, 1, 1]", b"[1, 0, 1, 1]"), "stride-text": (b"[1, 1, 1, 1]", b'"two"'),
            "strides-short": (b"[1, 1, 1, 1]", b"[1]"), "filter-0": (b"[3, 3, 3, 4]", b"[0, 3, 3, 4]"),
            "filter-real": (b"[3, 3, 3, 4]", b"[3.5, 3, 3, 4]"),
            "filter-huge": (b"[3, 3, 3, 4]", b"[3, 3, 3, 4611686018427387904]"),
            "filter-1e400": (b"[3, 3, 3, 4]", b"[3, 3, 3, 1e400]"),
            "tensor-negative": (b"[2, 8, 8, 3]", b"[2, -8, 8, 3]"),
            "tensor-overflow": (b"[2, 8, 8, 3]", b"[4611686018427387904, 8, 8, 3]"),
            "padding-odd": (b'"SAME"', b'"SOMEHOW"'), "parent-missing": (b'["data"]', b'["zzz"]'),
            "parent-itself": (b'["data"]', b'["c"]'), "parents-number": (b'["data"]', b"7"),
            "layers-list": (b'"layers": {', b'"layers": [{')}.items():
        yield key, net.replace(old, new), "FILE"
    for i, name in enumerate(ODD):
        yield f"name-{i}", net.replace(b'"c":', b'"' + name.replace(b'"', b"'") + b'":'), None
        yield f"type-{i}", net.replace(b"Convolution", name.replace(b'"', b"'")), None


def layers():
    net = b"input batch=2 in=3x8x8\nc: conv out=4 kernel=3 pad=1\nactivation mode=relu\nfc out=10\n"
    yield "sound", net, 3
    yield from rubbish()
    yield from cut(net)
    yield from flipped(net, 24)
    for key, line in {
            "stride-0": b"conv out=4 kernel=3 stride=0", "groups-2": b"conv out=4 kernel=3 groups=2",
            "groups-0": b"conv out=4 kernel=3 groups=0", "kernel-99": b"conv out=4 kernel=99",
            "kernel-0": b"conv out=4 kernel=0", "out-negative": b"conv out=-4 kernel=3",
            "out-overflow": b"conv out=99999999999999999999 kernel=3",
            "work-overflow": b"conv out=4611686018427387904 kernel=3",
            "pad-huge": b"conv out=4 kernel=3 pad=9223372036854775807",
            "key-twice": b"conv out=4 out=5 kernel=3", "key-unknown": b"conv out=4 kernel=3 colour=red",
            "kind-unknown": b"convolve out=4", "dtype-unknown": b"activation mode=relu dtype=f8",
            "mode-unknown": b"activation mode=magic", "reads-later": b"add <- a, b",
            "reads-itself": b"a: activation mode=relu <- a", "name-twice": b"c: softmax",
            "volume-of-a-plane": b"conv3d out=4 kernel=3",
            "volume-overflow": b"conv3d in=4x2097152x2097152x2097152 out=4 kernel=1",
            "volume-pad": b"conv3d in=10 out=4 kernel=3 pad=1,1,1,1", "volume-mode":
            b"pool3d mode=adaptive_avg in=10x1x1x1 kernel=1",
            "to-overflow": b"view to=4611686018427387904x8", "bad-escape": b"softmax <- \\xzz"}.items():
        yield key, net + line + b"\n", "line 5"
    yield "convolutions-4000", net + b"view to=2x10x1x1\n" + b"conv out=10 kernel=1\n" * 4_000, 4_004
    yield "lines-50000", net + b"activation mode=relu\n" * 50_000, 50_003
    yield "reads-20000", net + b"concat <- " + b", ".join([b"c"] * 20_000) + b"\n", 4
    yield "writes-20000", net + b"move mode=split to=2x10 -> " + b", ".join(
        b"t%d 2x1" % i for i in range(20_000)) + b"\n", 4
    yield "keys-20000", net + b"conv " + b" ".join(b"k%d=1" % i for i in range(20_000)), "line 5"
    yield "shape-of-20000", b"input shape=" + b"x".join([b"1"] * 20_000) + b"\n", "line 1"
    for i, name in enumerate(ODD):
        yield f"name-{i}", b"input in=3x8x8\n" + name + b": softmax\n", None
        yield f"kind-{i}", b"input in=3x8x8\n" + name + b" out=3\n", None


def samples():
    head = b"layer,runtime_ms,power_w\n"
    row = b"conv batch=%d in=3x32x32 out=%d kernel=3 pad=1,%f,%f\n"
    table = head + b"".join(row % (1 + i % 4, 8 + i, 0.1 + i * 0.01, 50 + i) for i in range(40))
    yield "sound", table, 40
    yield from rubbish()
    yield from cut(table)
    yield from flipped(table)
    yield "header-only", head, None
    yield "no-layer-column", b"kind,runtime_ms\nconv,1\n", "'layer'"
    yield "column-twice", b"layer,layer,runtime_ms\nsoftmax in=4,softmax in=4,1\n", "twice"
    yield "columns-100000", b"layer,runtime_ms" + b"".join(b",c%d" % i for i in range(100_000)) + b"\n", \
        None
    yield "fields-100000", head + b"softmax in=4,1,1" + b"," * 100_000 + b"\n", "line 2"
    yield "quote-never-ends", head + b'"softmax in=4,1,1\n' * 1000, "line 2"
    for key, values in {"runtime-0": b"0,1", "runtime-negative": b"-1,1", "runtime-nan": b"nan,1",
                        "runtime-inf": b"inf,1", "runtime-1e999": b"1e999,1", "runtime-text": b"fast,1",
                        "runtime-empty": b",1", "power-nan": b"1,nan", "power-negative": b"1,-5",
                        "too-many-fields": b"1,2,3,4", "runtime-hex": b"0x10,1"}.items():
        yield key, table + b"softmax in=4," + values + b"\n", "line 42"
    yield "layer-broken", table + b"conv in=3x8x8 out=4 kernel=9,1,1\n", "line 42"
    yield "runtime-tiny", head + row.replace(b"%f,%f", b"5e-324,1e-300") % (1, 8) * 30, None
    yield "runtime-vast", head + row.replace(b"%f,%f", b"1e308,1e308") % (1, 8) * 30, None
    yield "sizes-vast", head + b"".join(
        b"conv batch=%d in=1x%dx%d out=1 kernel=1,1,1\n" % (i + 1, 1 << 25, 1 << 25)
        for i in range(40)), None
    yield "all-equal", head + (row % (1, 8, 1, 50)) * 50, None
    for i, name in enumerate(ODD):
        yield f"odd-{i}", table + name + b",1,1\n", "line 42"
        yield f"header-{i}", table.replace(b"power_w", name.replace(b",", b"").replace(b"\0", b"")), None


def networks():
    table = b"network,batch,repetition,runtime_ms,power_w,energy_j\nvgg,8,0,12.5,101,1.26\n"
    yield "sound", table, None
    yield from rubbish()
    yield from cut(table)
    yield from flipped(table, 8)
    for key, row in {"batch-0": b"a,0,0,1,1,1", "batch-negative": b"a,-1,0,1,1,1",
                     "batch-huge": b"a,99999999999999999999,0,1,1,1", "batch-text": b"a,x,0,1,1,1",
                     "runtime-nan": b"a,1,0,nan,1,1", "runtime-0": b"a,1,0,0,1,1"}.items():
        yield key, table + row + b"\n", "line 3"
    for i, name in enumerate(ODD):
        yield f"odd-{i}", table + name.replace(b",", b"") + b",1,0,1,1,1\n", None


def device():
    model = (b'{"format": "neuralpower-device-model", "version": 1, "device": "d", "software": "s", '
             b'"method": "neuralpower", "units": {"runtime": "ms", "power": "W", "energy": "J"}, '
             b'"samples": {"configurations": 3, "sha256": "00", "source": "x", "seed": 1}, '
             b'"fusion": [], "layers": {"conv": {"runtime": {"regimes": [{"when": "always", '
             b'"intercept": 0.01, "terms": {"macs": 1e-9}}], "floor": {}, "ranges": {"Ci": [1, 64]}, '
             b'"interval": [[1, 0.8, 1.2]], "held_out": {"rows": 3, "rmspe": 1, "rmse": 1, "mape": 1, '
             b'"within10": 99}, "terms": 1, "note": ""}}}, "trained_on": []}')
    yield "sound", model, 2
    yield from rubbish()
    yield from cut(model)
    yield from flipped(model, 40)
    yield "nested-arrays", b"[" * DEEP, "FILE"
    yield "nested-objects", b'{"a":' * DEEP, "FILE"
    yield "null", b"null", "FILE"
    for key, (old, new) in {
            "other-format": (b"neuralpower-device-model", b"something-else"),
            "other-version": (b'"version": 1', b'"version": 999'),
            "version-text": (b'"version": 1', b'"version": "1"'),
            "term-unknown": (b'"macs": 1e-9', b'"magic": 1e-9'),
            "term-deep": (b'"macs": 1e-9', b'"' + b"(" * DEEP + b'": 1'),
            "term-code": (b'"macs": 1e-9', b'"__import__(os)": 1'),
            "coefficient-text": (b"1e-9", b'"much"'), "coefficient-vast": (b"1e-9", b"1e400"),
            "coefficient-null": (b"1e-9", b"null"), "regimes-none": (b'"when": "always"', b'"why": 1'),
            "condition-odd": (b'"always"', b'"Ci <"'),
            "condition-long": (b'"always"', b'"' + b"Ci<1 and " * 10_000 + b'Ci<1"'),
            "range-reversed": (b"[1, 64]", b"[64, 1]"), "range-short": (b"[1, 64]", b"[1]"),
            "interval-odd": (b"[[1, 0.8, 1.2]]", b"[[1]]"), "layers-list": (b'"layers": {', b'"layers": [{'),
            "kind-unknown": (b'"conv":', b'"convolution":')}.items():
        yield key, model.replace(old, new), None
    for i, name in enumerate(ODD):
        yield f"device-{i}", model.replace(b'"d"', b'"' + name.replace(b'"', b"'") + b'"'), None


FORMATS = {"prototxt": prototxt, "json": paleo, "layers": layers, "csv": samples,
           "networks.csv": networks, "device.json": device}
