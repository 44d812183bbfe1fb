"""The smallest line that makes parts: a belt from a dock to a packing place. 25 s of it among bodies take 1 s."""

from __future__ import annotations

from pathlib import Path

LINE = """\
name: tiny line
time: {horizon: 10 min, warmup: 1 min, replications: 2, seed: 3}
floor: {boundary: [[0, 0], [9, 0], [9, 4], [0, 4]]}
products: {box: {model: part_box, route: [pack]}}
machines:
  dock: {model: dock_in, source: saturated, place: {x: [1.6, 2.0], y: 2, yaw: 90}}
  exit: {model: dock_out, sink: true, operations: {pack: {uniform: [3 s, 5 s]}}, place: {x: 6, y: 2, yaw: 270}}
transport:
  belt: {kind: conveyor, from: dock, to: exit, speed: 0.5 m/s}
objectives: [{maximize: throughput, tolerance: 1 %}]
"""


def write_line(folder: Path) -> Path:
    """The scenario's file in a folder."""
    path = folder / "tiny.yaml"
    path.write_text(LINE, encoding="utf-8")
    return path
