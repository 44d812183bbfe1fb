"""The arms that come with PyBullet tend a cell like any other: found feasible and simulated.

An arm of 0.8 m stands where people would stand otherwise: its stations keep no floor free in front.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import layout

CELL = """
name: small cell
time: {{horizon: 2 h, warmup: 10 min, replications: 4}}
floor: {{boundary: [[0, 0], [6, 0], [6, 5], [0, 5]]}}
products: {{bracket: {{model: part_bracket, route: [inspect]}}}}
machines:
  dock: {{model: dock_in, source: saturated, place: {{x: 1.7, y: 2.5, yaw: 90}}}}
  infeed:
    model: infeed_station
    service: {{right: 200 mm}}
    place: {{x: [2, 5], y: [0.5, 4.5], yaw: [0, 90, 180, 270]}}
  inspection:
    model: vision_station
    service: {{back: 500 mm}}
    operations: {{inspect: 8 s}}
    place: {{x: [2, 5], y: [0.5, 4.5], yaw: [0, 90, 180, 270]}}
  outfeed:
    model: outfeed_station
    service: {{right: 200 mm}}
    sink: true
    place: {{x: [2, 5.5], y: [0.5, 4.5], yaw: [0, 90, 180, 270]}}
transport:
  belt: {{kind: conveyor, from: dock, to: infeed}}
  tender:
    kind: robot
    model: {arm}
    serves: [infeed, inspection, outfeed]
    place: {{x: [2, 5], y: [1, 4], yaw: [0, 90, 180, 270]}}
"""


@pytest.mark.parametrize("arm", ["kuka_iiwa7", "franka_panda"])
def test_a_cell_tended_by(arm: str, tmp_path: Path) -> None:
    (tmp_path / "cell.yaml").write_text(CELL.format(arm=arm), encoding="utf-8")
    run = layout.optimize(layout.load(tmp_path / "cell.yaml"), evaluations=40, seed=0, workers=2, prove_s=0.0)
    assert run.best.feasible
    assert run.best.flow is not None
    # 8 s of inspection and one arm: more than a part a minute, less than the inspection alone would pass
    assert 60 < run.best.flow.throughput_per_h.mean < 450
    assert run.best.flow.throughput_per_h.mean <= run.best.bound_per_h
