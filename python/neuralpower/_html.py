# SPDX-License-Identifier: Apache-2.0
"""Tables for notebooks. Whatever comes from a file is escaped."""
from __future__ import annotations

import math
from html import escape
from typing import Any, Iterable, Optional, Sequence

_STYLE = ("border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:small")
_NUMBER = "text-align:right;padding:1px 8px"
_WORD = "text-align:left;padding:1px 8px"
_MOST_ROWS = 400


def _number(value: Optional[float]) -> str:
    """Four digits, as many in every row of a column: 76.40 beside 76.14; 11,205."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 9999.5 else f"{value:#.4g}".rstrip(".")


def _bar(share: float) -> str:
    width = max(0.0, min(1.0, share)) * 100 if share == share else 0
    return (f'<div style="background:#4a7ebb;height:0.7em;width:{width:.0f}px" '
            f'title="{width:.1f} %"></div>')


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int, caption: str) -> str:
    """Cells are HTML already; the first `words` columns are text."""
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(
            f'<{tag} style="{_WORD if i < words else _NUMBER}">{cell}</{tag}>'
            for i, cell in enumerate(cells)) + "</tr>"
    return (f'<div style="overflow:auto;max-height:40em"><table style="{_STYLE}">'
            f'<caption style="text-align:left">{caption}</caption>'
            f'<thead>{line(head, "th")}</thead><tbody>'
            + "".join(line(row, "td") for row in rows) + "</tbody></table></div>")


def _estimate(estimate: Any, unit: str) -> str:
    if estimate is None:
        return "–"
    if estimate.low == estimate.high:
        return f"{_number(estimate.value)} {unit}"
    return (f"<b>{_number(estimate.value)} {unit}</b> "
            f"(90 %: {_number(estimate.low)} to {_number(estimate.high)})")


def prediction(p: Any) -> str:
    by_energy = p.energy_j is not None
    column = p.layer_energy_j if by_energy else p.layer_runtime_ms
    known = [value for value in column if value == value]
    total = sum(known) or 1.0
    rows = []
    for i, (name, layer) in enumerate(zip(p.layer_names, p.layers)):
        if i == _MOST_ROWS:
            rows.append([f"… {len(p) - i} more layers", "", "", "", "", ""])
            break
        rows.append([escape(name), escape(layer), _number(p.layer_runtime_ms[i]),
                     _number(p.layer_power_w[i]), _number(p.layer_energy_j[i]),
                     _bar(column[i] / total)])
    coverage = p.coverage
    caption = (f"{escape(p.network)}, batch {p.batch}, on {escape(p.device)}: "
               f"{_estimate(p.runtime_ms, 'ms')}, {_estimate(p.power_w, 'W')}, "
               f"{_estimate(p.energy_j, 'J')}; "
               f"{coverage['covered']} of {coverage['layers']} layers covered")
    if not by_energy and p.no_power:
        caption += f"<br>no power and energy: {escape(p.no_power)}"
    return _table(["layer", "operation", "runtime ms", "power W", "energy J",
                   "of energy" if by_energy else "of runtime"], rows, 2, caption)


def predictions(several: Any) -> str:
    rows = []
    for p in several:
        runtime, energy = p.runtime_ms, p.energy_j
        rows.append([str(p.batch), _number(runtime and runtime.value),
                     _number(p.power_w and p.power_w.value), _number(energy and energy.value),
                     _number(runtime and runtime.value / p.batch),
                     _number(energy and energy.value / p.batch)])
    caption = f"{escape(several[0].network)} on {escape(several[0].device)}" if several else ""
    return _table(["batch", "runtime ms", "power W", "energy J", "ms an item", "J an item"], rows, 0,
                  caption)


def network(n: Any) -> str:
    document = n.to_dict()
    rows = [[escape(layer["name"]), escape(layer["layer"])]
            + [f"{layer[key]:,}" for key in ("macs", "params", "bytes")]
            for layer in document["layers"][:_MOST_ROWS]]
    totals = document["totals"]
    caption = (f"{escape(n.name)}, batch {n.batch}: {totals['macs']:,} multiply-accumulates, "
               f"{totals['params']:,} parameters")
    return _table(["layer", "operation", "macs", "params", "bytes"], rows, 2, caption)


def evaluation(e: Any) -> str:
    rows = [[escape(target), escape(kind)]
            + [_number(errors[key]) for key in ("rmspe", "mape", "within10")] + [str(errors["samples"])]
            for target, kinds in e.targets.items() for kind, errors in kinds.items()]
    return _table(["target", "layers", "RMSPE %", "MAPE %", "within 10 %", "rows"], rows, 2,
                  f"{escape(e.method)}, held out: {escape(e.split)}")


def ranking(r: Any) -> str:
    best = [min(column) if len(column) else None for column in r.m.T] if len(r.names) else []
    rows = []
    for name, m, row in zip(r.names, r.m, r.to_dict()["networks"]):
        cells = [escape(name), _number(row["error"]), _number(row["epi_j"])]
        cells += [f"<b>{_number(v)}</b>" if v == b else _number(v) for v, b in zip(m, best)]
        rows.append(cells + ["yes" if row["on_front"]["energy"] else ""])
    head = ["network", "error", "J an item"] + [f"M, alpha {a:g}" for a in r.alphas] + ["on front"]
    return _table(head, rows, 1, "error<sup>alpha</sup> x energy; lower is better")
