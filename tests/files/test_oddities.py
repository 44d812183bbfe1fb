"""Scenarios that load, with something odd about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layout.errors import ScenarioError
from layout.files.scenario import check_scenario
from tests.files import library
from tests.files.library import SCENARIO

ODD = [
    ("share: 30 %", "share: 35 %", "products", "sum to 100 %"),
    ("wash: 40 s", "wash: 4 h", "machines.washer.operations.wash", "longer than the whole horizon"),
    ("repair: 12 min", "repair: 12 h", "machines.mill.failures.spindle", "down most of the time"),
    ("out: 1}", "out: 5000}", "machines.mill.buffer.out", "huge buffer"),
    ("{wash: 40 s}", "{wash: 40 s, dry: 10 s}", "machines.washer.operations.dry", "no route has this operation"),
    ("{wash: 40 s}", "{wash: {bracket: 40 s, flange: 40 s}}", "machines.washer.operations.wash.flange",
     "route of flange"),
    ("transport:", "  spare: {model: lib/press, place: {x: 3, y: 3}}\ntransport:", "machines.spare", "never come here"),
    ("x: [1, 7], y: [1, 5]}", "x: [1, 9], y: [1, 5]}", "machines.washer.place.x", "beyond the floor"),
    ("[[7, 5], [7.4, 5], [7.4, 5.4], [7, 5.4]]", "[[70, 5], [74, 5], [74, 54]]", "floor.obstacles.column", "outside"),
    ("source: saturated", "source: {arrivals: {exponential: 20 s}}", "machines.infeed.source", "faster than 'mill'"),
    ("objectives:", "  belt: {kind: conveyor, from: infeed, to: hold, speed: 3 m/s}\nobjectives:",
     "transport.belt.speed", "fast belt"),
    ("objectives:", "  belt: {kind: conveyor, from: infeed, to: hold}\nobjectives:", "transport.belt",
     "no product's shortest way"),
    ("objectives:",
     "  belt: {kind: conveyor, from: infeed, to: hold}\n  two: {kind: conveyor, from: infeed, to: hold}\nobjectives:",
     "transport.two.from", "shares the port 'away' with belt"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "words"), ODD)
def test_odd_but_legal(write: Callable[[str], Path], old: str, new: str, where: str, words: str) -> None:
    assert old in SCENARIO
    text = SCENARIO.replace(old, new, 1)
    if "to: hold" in new:
        text = text.replace("transport:", "  hold: {model: lib/transfer, place: {x: 3, y: 3}}\ntransport:")
    _, odd = check_scenario(write(text))
    found = [problem for problem in odd if problem.where == where and words in f"{problem.what} {problem.hint}"]
    assert found, "\n".join(map(str, odd))
    assert found[0].line > 1


def test_nothing_free_is_nothing_to_optimise(write: Callable[[str], Path]) -> None:
    text = SCENARIO.split("start:")[0]
    for free, fixed in (
        ("{choose: [1, 2, 3]}", "1"), ("{choose: [0, 1, 2]}", "0"), ("[1, 7]", "2"), ("[1, 5]", "2"), ("[2, 6]", "2"),
        ("[2, 4]", "2"), ("[0, 90, 180, 270]", "0"), ("{range: [-180, 180]}", "0"),
        ("{choose: [first_come, nearest]}", "pull"),
    ):  # fmt: skip
        text = text.replace(free, fixed)
    _, odd = check_scenario(write(text))
    assert [problem.what for problem in odd] == ["nothing is free, so there is nothing to optimise"]


def test_a_model_in_millimetres(tmp_path: Path) -> None:
    library.build(tmp_path / "lib")
    folder = tmp_path / "lib" / "press"
    text = (folder / "model.yaml").read_text()
    scale = "[[-500, -400], [500, -400], [500, 400], [-500, 400]]"
    (folder / "model.yaml").write_text(text.replace("[[-0.5, -0.4], [0.5, -0.4], [0.5, 0.4], [-0.5, 0.4]]", scale))
    floor = "[[0, 0], [8000, 0], [8000, 6000], [0, 6000]]"
    (tmp_path / "cell.yaml").write_text(SCENARIO.replace("[[0, 0], [8, 0], [8, 6], [0, 6]]", floor))
    _, odd = check_scenario(tmp_path / "cell.yaml")
    assert any(problem.where == "machines.mill.model" and "mm" in problem.hint for problem in odd)


def test_one_belt_port_for_many_copies(write: Callable[[str], Path]) -> None:
    hold = "  hold: {model: lib/transfer, count: 2, place: {x: [2, 6], y: 3}}\n"
    belt = "  belt: {kind: conveyor, from: infeed, to: hold}\n"
    text = SCENARIO.replace("transport:\n", f"{hold}transport:\n{belt}").split("start:")[0]
    _, odd = check_scenario(write(text))
    assert any("up to 2 belts" in p.what and p.where == "transport.belt" for p in odd)


@pytest.mark.parametrize(("fleet", "parking", "odd"), [(2, "", True), (2, ", parking: shelf", False), (1, "", False)])
def test_vehicles_that_fill_all_docks(tmp_path: Path, fleet: int, parking: str, odd: bool) -> None:
    shelf = "shelf: {model: pallet_rack, place: {x: [3, 9], y: 7}}" if parking else ""
    file = tmp_path / "yard.yaml"
    file.write_text(f"""
name: yard
floor: {{boundary: [[0, 0], [12, 0], [12, 8], [0, 8]]}}
products: {{box: {{model: part_box, route: [pack]}}}}
machines:
  in: {{model: dock_in, source: saturated, place: {{x: [1, 3], y: 4, yaw: 90}}}}
  out: {{model: dock_out, sink: true, operations: {{pack: 1 s}}, place: {{x: 10, y: 4, yaw: 270}}}}
  {shelf}
transport:
  carts: {{kind: vehicle, model: amr, fleet: {fleet}, serves: [in, out]{parking}}}
objectives: [{{maximize: throughput}}]
""")
    _, found = check_scenario(file)
    assert any("block one another" in problem.what for problem in found) is odd


ROW = """
name: row
time: {horizon: 8 h, warmup: 0 s}
floor: {boundary: [[0, 0], [20, 0], [20, 9], [0, 9]]}
shifts: {early: {on: [[0 h, 4 h]]}, late: {on: [[5 h, 8 h]]}, night: {on: [[20 h, 24 h]]}}
people:
  fitter: {repairs: [tester]}
  operator: {runs: [mill]}
products: {part: {model: lib/block, route: [mill, test]}}
machines:
  gate: {box: {width: 1 m, depth: 1 m}, source: saturated, place: {x: [1, 2], y: 2}}
  mill: {box: {width: 1 m, depth: 1 m}, operations: {mill: 60 s}, shift: early, place: {x: 6, y: 2}}
  tester:
    box: {width: 1 m, depth: 1 m}
    operations: {test: 50 s}
    quality: {test: {rework: {share: 10 %, to: mill}}}
    place: {x: 10, y: 2}
  out: {box: {width: 1 m, depth: 1 m}, sink: true, place: {x: 14, y: 2}}
transport:
  in: {kind: direct, from: gate, to: mill}
  on: {kind: direct, from: mill, to: tester}
  back: {kind: direct, from: tester, to: mill}
  off: {kind: direct, from: tester, to: out}
objectives: [{maximize: throughput}]
"""


def test_rework_needs_a_way_back_and_uses_it(write: Callable[[str], Path]) -> None:
    assert check_scenario(write(ROW))[1] == ()
    with pytest.raises(ScenarioError) as caught:
        check_scenario(write(ROW.replace("  back: {kind: direct, from: tester, to: mill}\n", "")))
    (only,) = caught.value.problems
    assert only.where == "machines.tester.quality.test.rework.to" and only.line > 1
    assert "nothing brings these parts from tester back to 'mill' (mill)" in only.what


def test_nobody_is_ever_at_work(write: Callable[[str], Path]) -> None:
    """People come when the machine's shift is over; others only when all is over; a pool that is always there helps."""
    for people, found in (
        ("operator: {runs: [mill], shift: late}", {"machines.mill.shift"}),
        ("operator: {runs: [mill], shift: early}", set()),
        ("operator: {runs: [mill], shift: late}\n  other: {runs: [mill]}", set()),
        ("operator: {runs: [mill], shift: night}", {"people.operator.shift", "machines.mill.shift"}),
    ):
        _, odd = check_scenario(write(ROW.replace("operator: {runs: [mill]}", people)))
        assert {problem.where for problem in odd} == found
