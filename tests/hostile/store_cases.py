# SPDX-License-Identifier: Apache-2.0
"""Hostile stores: SQLite files whose schema runs on, whose pages lie, whose rows make no sense.

stores() gives (name, bytes, expectation) as onnx_cases.cases() does.
"""
import pathlib
import re
import sqlite3
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent / "neuralpower/samples/sample_store.cc"
APPLICATION = 0x4e507762
LAYER = "conv batch=1 in=3x16x16 out=%d kernel=3 pad=1"
# A table that never ends.
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT "


def schema():
    """The program's own, of today's version."""
    parts = re.findall(r'R"sql\((.*?)\)sql"', SOURCE.read_text(), re.S)
    return "".join(parts) + f"PRAGMA application_id={APPLICATION}; PRAGMA user_version=2;"


def made(script, rows=30):
    """The bytes of a sound store on which the script was run."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "store.db"
        store = sqlite3.connect(file)
        store.executescript(schema())
        store.execute("INSERT INTO conditions VALUES (1, 'device=d' || char(10) || 'software=s', 'd', 's')")
        for i in range(1, rows + 1):
            store.execute("INSERT INTO layers VALUES (?, ?)", (i, LAYER % i))
            store.execute("INSERT INTO measurements VALUES (?, 1, ?, 'x', 1, '', '', '')", (i, i))
            store.executemany("INSERT INTO repetitions VALUES (?, ?, ?, 1, 1, 50.0, ?, '', '')",
                              [(i, r, 1e-3 * i, 0.05 * i) for r in range(1, 4)])
        store.commit()
        store.executescript("PRAGMA foreign_keys=OFF;" + script)
        store.commit()
        store.close()
        return file.read_bytes()


def foreign(script):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "other.db"
        other = sqlite3.connect(file)
        other.executescript(script)
        other.close()
        return file.read_bytes()


def fanned(data, page_size=4096):
    """Every interior page's children are one and the same: rows without end in a small file."""
    data = bytearray(data)
    for start in range(0, len(data), page_size):
        head = start + (100 if start == 0 else 0)
        if data[head] not in (2, 5):
            continue
        cells = int.from_bytes(data[head + 3:head + 5], "big")
        last = data[head + 8:head + 12]
        for cell in range(cells):
            at = int.from_bytes(data[head + 12 + 2 * cell:head + 14 + 2 * cell], "big")
            data[start + at:start + at + 4] = last
    return bytes(data)


def stores():
    sound = made("")
    yield "sound", sound, 30
    yield "empty", b"", "FILE"
    yield "text", b"layer,runtime_ms\n", None
    yield "only-the-magic", b"SQLite format 3\0", "FILE"
    yield "magic-and-zeros", b"SQLite format 3\0" + bytes(100_000), "FILE"
    yield "foreign", foreign("CREATE TABLE songs(name); INSERT INTO songs VALUES ('a');"), "no sample store"
    yield "foreign-empty", foreign("VACUUM;"), "FILE"
    for name, script, wanted in (
            ("endless-conditions", "DROP TABLE conditions; CREATE VIEW conditions AS " + ENDLESS +
             "x AS id, 'device=d' AS text, 'd' AS device, 's' AS software FROM n", "no sample store"),
            ("endless-layers", "DROP TABLE layers; CREATE VIEW layers AS " + ENDLESS +
             "x AS id, 'softmax in=4' AS text FROM n", "no sample store"),
            ("endless-networks", "DROP TABLE networks; CREATE VIEW networks AS " + ENDLESS +
             "x AS id, 1 AS conditions, 'n' AS network, 1 AS batch, 1 AS repetition, 1 AS runtime_s, "
             "1 AS power_w, 1 AS energy_j FROM n", "no sample store"),
            ("virtual", "DROP TABLE meters; CREATE VIRTUAL TABLE meters USING fts5(description, text)",
             "no sample store"),
            ("trigger", "CREATE TRIGGER t AFTER INSERT ON layers BEGIN INSERT INTO layers(text) " +
             ENDLESS + "x FROM n; END", None),
            ("generated", "DROP TABLE conditions; CREATE TABLE conditions(id INTEGER PRIMARY KEY, device, "
             "software, text TEXT AS (printf('%.*c', 900000000, 'x'))); "
             "INSERT INTO conditions(id, device, software) VALUES (1, 'd', 's')", "computed"),
            ("slow-lookups", "DROP TABLE repetitions; CREATE TABLE repetitions(measurement, number, "
             "runtime_s, executions, window_s, power_w, energy_j, domains, marks); "
             "INSERT INTO repetitions WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n "
             "LIMIT 20000) SELECT 0, x, 1, 1, 1, 1, 1, '', '' FROM n; INSERT INTO layers WITH RECURSIVE "
             "n(x) AS (SELECT 100 UNION ALL SELECT x + 1 FROM n LIMIT 20000) SELECT x, "
             "'softmax in=' || x FROM n; INSERT INTO measurements SELECT id, 1, id, 'x', 1, '', '', '' "
             "FROM layers WHERE id > 30", "FILE"),
            ("runtime-negative", "UPDATE repetitions SET runtime_s = -1", "runtime"),
            ("runtime-0", "UPDATE repetitions SET runtime_s = 0", "runtime"),
            ("runtime-inf", "UPDATE repetitions SET runtime_s = 9e999", "runtime"),
            ("runtime-text", "UPDATE repetitions SET runtime_s = 'fast'", "runtime"),
            ("power-negative", "UPDATE repetitions SET power_w = -1", "power"),
            ("energy-inf", "UPDATE repetitions SET energy_j = 9e999", "energy"),
            ("layer-broken", "UPDATE layers SET text = 'conv out=1' WHERE id = 3", "FILE"),
            ("layer-vast", "UPDATE layers SET text = 'conv ' || hex(zeroblob(9000000)) WHERE id = 3",
             "FILE"),
            ("layer-blob", "UPDATE layers SET text = x'00ff1b5b33316d' WHERE id = 3", "FILE"),
            ("device-control", "UPDATE conditions SET text = 'device=' || char(27) || '[31m'", None),
            ("no-table", "DROP TABLE repetitions", "FILE"),
            ("no-column", "ALTER TABLE repetitions DROP COLUMN marks", "FILE"),
            ("version-99", "PRAGMA user_version=99", "version 99"),
            ("version-0", "PRAGMA user_version=0", "FILE"),
            ("schema-broken", "PRAGMA writable_schema=1; UPDATE sqlite_master SET sql = 'CREATE TABLE ' || "
             "'conditions(' WHERE name = 'conditions'", "FILE")):
        yield name, made(script), wanted
    yield "pages-shared", fanned(made("", rows=3000)), None
    for i in range(8):
        yield f"cut-{i}", sound[:len(sound) * i // 8 + 7], None
    for i in range(24):
        changed = bytearray(sound)
        at = (i * 7919 if i % 2 else i * 4) % (len(sound) if i % 2 else 100)
        changed[at] ^= 1 << i % 8
        yield f"flip-{at}-{i % 8}", bytes(changed), None
