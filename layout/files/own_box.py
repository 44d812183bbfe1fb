"""Machines of which only the size is known: plain boxes, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from layout.files import cache
from layout.files.atomic import write_text
from layout.files.model_reader import Loaded
from layout.model.library import MachineModel, Port
from layout.model.scenario import Box

_FORMAT = "1"  # part of the cache key: raise it when the file below is written differently
_FACES = "f 1 3 4 2\nf 5 6 8 7\nf 1 2 6 5\nf 3 7 8 4\nf 1 5 7 3\nf 2 4 8 6\n"


def box_name(box: Box) -> str:
    """What the model of a box is called."""
    return f"box of {box.width_m:.9g} x {box.depth_m:.9g} x {box.height_m:.9g} m"


def machine_from_box(box: Box, ports: Mapping[str, Port], service: Mapping[str, float]) -> Loaded:
    """A machine that is a box on the floor, its middle at the origin."""
    x, y, z = box.width_m / 2, box.depth_m / 2, box.height_m
    solid = _file(box_name(box), x, y, z)
    model = MachineModel(
        name=box_name(box), description="a plain box", visual=solid, hulls=solid, height_m=z,
        footprint_m=((-x, -y), (x, -y), (x, y), (-x, y)), service_m=service, ports=ports,
        source="the scenario's size", is_box=True,
    )  # fmt: skip
    return Loaded(model, solid.parent, (), (), (2 * x, 2 * y, z))


def _file(name: str, x: float, y: float, z: float) -> Path:
    key = hashlib.sha256(f"{_FORMAT} {name}".encode()).hexdigest()[:32]
    solid = cache.entry(key) / "box.obj"
    if solid.is_file():
        return solid
    shutil.rmtree(solid.parent, ignore_errors=True)
    made = cache.workshop()
    try:
        corners = np.array([(a, b, c) for c in (0.0, z) for b in (-y, y) for a in (-x, x)])
        rows = [f"v {a:.9g} {b:.9g} {c:.9g}" for a, b, c in corners]
        write_text(made / "box.obj", "\n".join(["o box", *rows]) + "\n" + _FACES)
        return cache.fill(key, made) / "box.obj"
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
