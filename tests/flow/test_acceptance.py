"""Lines as a user writes them, through scenario files alone, against textbook formulas."""

from __future__ import annotations

from pathlib import Path

import pytest

import layout
from layout.model.results import FlowResult

HEAD = """name: a line from a book
time: {horizon: 200 h, warmup: 5 h, replications: 8, seed: 1, level: 99 %}
floor: {boundary: [[0, 0], [30, 0], [30, 9], [0, 9]]}
"""


def found(tmp_path: Path, text: str) -> FlowResult:
    file = tmp_path / "line.yaml"
    file.write_text(HEAD + text)
    flow = layout.evaluate(layout.load(file)).flow
    assert flow is not None
    for states in flow.resources.values():
        assert sum(states.values()) == pytest.approx(1)
    return flow


@pytest.mark.parametrize("crew", [1, 2])
def test_machines_that_share_a_repair_crew(tmp_path: Path, crew: int) -> None:
    """Machine repairman model M/M/c//4: 50 min between failures, 10 min to repair, 60 parts/h while up."""
    chance = [1.0]
    for down in range(1, 5):
        chance.append(chance[-1] * (5 - down) / 50 * 10 / min(down, crew))
    up = sum((4 - down) * p for down, p in enumerate(chance)) / sum(chance)
    products = [f"  p{i}: {{model: part_bracket, route: [a{i}], source: m{i}, sink: m{i}}}" for i in range(4)]
    machines = [
        f"  m{i}: {{model: packing_station, source: saturated, sink: true, operations: {{a{i}: 60 s}}, "
        f"failures: {{f: {{between: {{exponential: 50 min}}, repair: {{exponential: 10 min}}}}}}, "
        f"place: {{x: {4 + 7 * i}, y: 4}}}}"
        for i in range(4)
    ]
    crews = f"people: {{crew: {{number: {crew}, repairs: [m0, m1, m2, m3]}}}}"
    flow = found(tmp_path, "\n".join(["products:", *products, "machines:", *machines, crews, ""]))
    assert flow.throughput_per_h.low < 60 * up < flow.throughput_per_h.high
    assert flow.throughput_per_h.half_width < 5


@pytest.mark.parametrize(("blocking", "share"), [("after", 2 / 3), ("before", 1 / 2), ("repeat", 1 / 2)])
def test_two_exponential_machines_by_kind_of_blocking(tmp_path: Path, blocking: str, share: float) -> None:
    """Birth and death: three states with blocking after service, two before it; repeating has no memory either."""
    flow = found(
        tmp_path,
        f"""products: {{p: {{model: part_bracket, route: [a, b]}}}}
machines:
  a: {{model: packing_station, source: saturated, operations: {{a: {{exponential: 60 s}}}}, blocking: {blocking},
      place: {{x: 4, y: 4}}}}
  b: {{model: packing_station, sink: true, operations: {{b: {{exponential: 60 s}}}}, place: {{x: 11, y: 4}}}}
transport: {{t: {{kind: direct, from: a, to: b}}}}
""",
    )
    assert flow.throughput_per_h.low < 60 * share < flow.throughput_per_h.high


def test_batches_share_a_set_up(tmp_path: Path) -> None:
    """Two products in turn, 5 min to change over, 5 in a row: a part takes 60 s and a fifth of 5 min."""
    orders = ", ".join(f"{{at: 0 s, product: {p}}}" for _ in range(3000) for p in "pq")
    flow = found(
        tmp_path,
        f"""products: {{p: {{model: part_bracket, route: [a]}}, q: {{model: part_bracket, route: [a]}}}}
machines:
  i: {{model: infeed_station, source: {{schedule: [{orders}]}}, place: {{x: 4, y: 4}}}}
  m: {{model: packing_station, sink: true, operations: {{a: 60 s}}, setup: 5 min, batch: 5, buffer: {{in: 200}},
      place: {{x: 11, y: 4}}}}
transport: {{t: {{kind: direct, from: i, to: m}}}}
""",
    )
    assert flow.resources["m"]["setup"] == pytest.approx(0.5, abs=1e-3)
    assert flow.throughput_per_h.mean == pytest.approx(30, abs=0.05)
