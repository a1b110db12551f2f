# SPDX-License-Identifier: Apache-2.0
"""Hostile spaces, plans, tables to rank, other tools' profiles, data sheets, states of searches.

Each function gives (name, bytes, expectation) as onnx_cases.cases() does.
"""
import gzip
import math

from text_cases import DEEP, cut, flipped, rubbish

NUMBERS = {"nan": b"nan", "inf": b"-inf", "1e999": b"1e999", "hex": b"0x1p3", "comma": b'"0,5"',
           "text": b"fast", "negative": b"-1", "plus": b"+1", "digits": b"9" * 5000,
           "huge": b"99999999999999999999", "escape": b"\x1b[31m"}


def spaces():
    image = b"image: input batch=1 in=3x32x32\n"
    net = image + b"choose w = 8 16\nrepeat 1..2 d\nconv out=$w kernel=3 pad=1\nend\nfc out=10\n"
    yield "sound", net, None
    yield from rubbish()
    yield from cut(net)
    yield from flipped(net)
    for key, (text, wanted) in {
            "dollar-1000000": (b"conv out=$" + b"a" * 1_000_000, "line 2"),
            "unrolled-lines": (b"repeat 64..64 d\n" + b"softmax\n" * 50_000 + b"end", "FILE"),
            "unrolled-bytes": (b"repeat 64..64 d\nsoftmax " + b"x" * 4_000_000 + b"\nend", "FILE"),
            "parameters-50000": (b"".join(b"choose p%d = 1 2\n" % i for i in range(50_000)), "FILE"),
            "uses-10000": (b"".join(b"choose p%d = 1 2\n" % i for i in range(10_000)) + b"conv out=" +
                           b"".join(b"$p%d" % i for i in range(10_000)), None),
            "range-vast": (b"choose a = 1..9223372036854775807\nfc out=$a", "line 2"),
            "step-0": (b"choose a = 1..9/0\nfc out=$a", "line 2"),
            "none-allowed": (b"choose a = 1 2\nrequire $a < 0\nfc out=$a", None),
            "numbers-odd": (b"choose a = 1 inf\nrequire $a < nan\nfc out=$a", "line 3"),
            "overflow": (b"choose a = 4611686018427387904 2\nconv out=$a kernel=3", None),
            "never-fits": (b"conv out=4 kernel=99", None),
            "alternatives-300": (b"e: " + b"|".join([b"softmax"] * 300), "line 2"),
            "reads-50000": (b"concat <- " + b",".join([b"image"] * 50_000), None),
            "input-or-nothing": (b"x: input in=3x4x4 | skip | none\nfc out=1", "line 2"),
            "no-end": (b"repeat 1..4 d", "line 2"), "end-alone": (b"end", "line 2"),
            "scalar": (b"k: input shape=scalar\nactivation mode=relu <- k", None),
            "name-odd": (b"choose \x1b[31m = 1 2", "line 2"), "control": (b"\x1b[31mred out=1", None)}.items():
        yield key, image + text + b"\n", wanted


def plans():
    head = b"draw 3 conv in=3x8x8 out={k} kernel=3\n"
    yield from rubbish()
    yield from cut(head + b" k = 1 | 2 | 3\n")
    for key, (text, wanted) in {
            "holds-itself": (head + b" k = {k}\n", "line 1"),
            "holds-itself-twice": (head + b" k = {k}{k}\n", "line 1"),
            "never-fits": (b"draw 100000 conv in=3x8x8 out=4 kernel={k}\n k = 99\n", "line 1"),
            "range-vast": (head + b" k = 1..9223372036854775807 log\n", "line 2"),
            "step-vast": (head + b" k = 1..9 step 9223372036854775807\n", "line 2"),
            "draws-vast": (b"draw 1000000000000 conv in=3x8x8 out=4 kernel=3\n", "line 1"),
            "draws-many": (b"draw 1 conv in=3x8x8 out=3 kernel=1\n" * 100_000, "FILE"),
            "draw-0": (b"draw 0 softmax in=4\n", "line 1"),
            "limit-nan": (head + b" limit gflop nan\n", "line 2"),
            "no-values": (head, "line 1"), "brace-open": (b"draw 3 conv in=3x8x8 out={k\n", "line 1"),
            "word-unknown": (b"measure everything\n", "line 1"),
            "network-device": (b"network /dev/zero batch=1\n", "/dev/zero"),
            "network-itself": (b"network network-itself.plan batch=1\n", "network-itself.plan"),
            "indent-first": (b" k = 1\n", "line 1")}.items():
        yield key, text, wanted


def errors():
    for key, number in NUMBERS.items():
        yield f"error-{key}", b"name,error\nnet," + number + b"\n", "line 2"
    yield from rubbish()
    yield "error-above-1", b"name,error\nnet,50\n", "line 2"
    yield "no-columns", b"x,y\n1,2\n", "'name'"
    yield "column-twice", b"name,error,error\nnet,0.1,0.1\n", "twice"
    yield "name-twice", b"name,error\nnet,0.1\nnet,0.2\n", "line 3"
    yield "columns-200000", b"name,error" + b"".join(b",c%d" % i for i in range(200_000)) + b"\n", "FILE"
    yield "rows-100000", b"name,error\nnet,0.1\n" + b"n%d,0.2\n" * 100_000 % (*range(100_000),), None
    yield "quote-open", b'name,error\n"' + b"a\n" * 100_000, "line 2"
    yield "crlf-and-bom", b"\xef\xbb\xbfname,error\r\nnet,0.1\r\n", None


def tables():
    for key, number in NUMBERS.items():
        yield f"energy-{key}", b"name,error,epi_j\nnet,0.5," + number + b"\n", \
            "line 2" if key != "huge" else None
    yield from rubbish()
    yield "error-text", b"name,error,epi_j\nnet,low,1\n", "line 2"
    yield "name-twice", b"name,error,epi_j\nnet,0.1,1\nnet,0.2,1\n", "line 3"
    yield "rows-50000", b"name,error,epi_j\n" + b"".join(
        b"n%d,%f,%f\n" % (i, i / 1e5, 2 - i / 1e5) for i in range(50_000)), None
    # Every network is the best somewhere.
    yield "best-20000", b"name,error,epi_j\n" + b"".join(
        b"n%d,%.17g,%.17g\n" % (i, 0.9999 ** i * 0.9, math.exp((i / 10000) ** 2)) for i in range(20_000)), None
    yield "names-odd", b"name,error,epi_j\n\x1b[31m\xff,0.1,1\n<b>&,0.2,2\n", None
    yield "crlf-and-bom", b"\xef\xbb\xbfname,error,epi_j\r\nnet,0.1,1\r\n", None


def profiles():
    event = b'{"cat": "Node", "name": "c_kernel_time", "dur": 5, "ts": 1, "args": {"op_name": "Conv"}}'
    lines = b"onednn_verbose,exec,cpu,convolution,jit,forward_inference,src wei dst,,alg:direct," + \
        b"mb2_ic3oc4_ih8oh6kh3sh1dh0ph0_iw8ow6kw3sw1dw0pw0,0.5\n"
    yield from rubbish()
    yield from cut(b"[" + event + b"]")
    yield from flipped(lines * 3)
    yield "nested-arrays", b"[" * DEEP, "FILE"
    yield "nested-in-an-event", b'[{"cat": "Node", "args": ' + b"[" * DEEP, "FILE"
    yield "duration-1e400", b"[" + event.replace(b"5", b"1e400") + b"]", "FILE"
    yield "duration-negative", b"[" + event.replace(b"5", b"-5") + b"]", "FILE"
    yield "duration-text", b"[" + event.replace(b"5", b'"long"') + b"]", "FILE"
    yield "events-50000", b"[" + b",".join(
        event.replace(b"c_kernel", b"c%d_kernel" % i) for i in range(50_000)) + b"]", None
    yield "lines-50000", lines * 50_000, None
    yield "no-operands", b"onednn_verbose,exec,cpu,binary,jit,undef,src,,alg:binary_add,,0.5\n" * 2, None
    yield "numbers-of-5000-digits", lines.replace(b"ic3", b"ic" + b"9" * 5000), None
    yield "gzip-cut", gzip.compress(lines * 1000)[:200], "FILE"
    yield "gzip-broken", gzip.compress(lines * 1000)[:60] + bytes(100), "FILE"
    yield "gzip-of-one-line", gzip.compress(b"onednn_verbose," + b"a" * 50_000_000), "FILE"
    yield "gzip-of-blanks", gzip.compress(b"[" + b" " * 20_000_000), "FILE"
    yield "gzip-of-one-text", gzip.compress(b'[{"cat": "Node", "name": "' + b"a" * 100_000_000), "FILE"
    yield "gzip-of-values", gzip.compress(b'[{"cat": "Node", "args": [' + b"0," * 20_000_000), "FILE"


def sheets():
    sheet = b'{"name": "d", "clock_mhz": 1000, "peak_gflops": 6144, "bandwidth_gb_s": 336.5, "ppp": 1}'
    yield from rubbish()
    yield from cut(sheet)
    for key, number in {"nan": b"nan", "1e400": b"1e400", "0": b"0", "negative": b"-1", "text": b'"x"',
                        "null": b"null", "list": b"[]"}.items():
        yield f"peak-{key}", sheet.replace(b"6144", number), "FILE"
    yield "nested-arrays", b"[" * DEEP, "FILE"
    yield "values-many", b"[" + b"0," * 10_000_000 + b"0]", "FILE"


def states():
    yield from rubbish()
    yield "nested-arrays", b"[" * DEEP, "FILE"
    yield "values-many", b"[" + b"0," * 10_000_000 + b"0]", "FILE"
    yield "other-format", b'{"format": "x", "version": 1}', "FILE"
    yield "null", b"null", "FILE"


OTHERS = {"space": spaces, "plan": plans, "errors.csv": errors, "table.csv": tables, "profile": profiles, "sheet.json": sheets,
          "state.json": states}
