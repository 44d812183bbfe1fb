"""Vehicles keep their distance from where others stand and will be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.model.library import VehicleModel
from layout.model.line import Fleet
from layout.motion.drive import Drive
from layout.rollout.traffic import Traffic


@pytest.mark.parametrize(
    ("drives", "apart_m", "free"), [(False, 0.08, False), (False, 0.12, True), (True, 0.12, False), (True, 0.18, True)]
)
def test_a_drive_keeps_50_mm_from_others(drives: bool, apart_m: float, free: bool) -> None:
    """Beside one that stands, or comes the other way; and half the way (50 mm) that each makes between two samples."""
    model = load_model("amr")
    assert isinstance(model, VehicleModel)
    fleet = Fleet("carts", model, 2, (), "first_come", 1.0, 0.5)
    wide = float(np.ptp(np.asarray(model.footprint_m)[:, 1]))
    there = Drive(fleet, np.array([[0.0, 0.0], [8.0, 0.0]]), (0.0, 0.0, 0.0), (8.0, 0.0, 0.0))
    y = wide + apart_m
    back = Drive(fleet, np.array([[8.0, y], [0.0, y]]), (8.0, y, math.pi), (0.0, y, math.pi))
    beside = (8.0, y, math.pi) if drives else (4.0, y, 0.0)
    traffic = Traffic(dict.fromkeys(("one", "two"), model.footprint_m), {"one": (0.0, 0.0, 0.0), "two": beside})
    if drives:
        traffic.set_out("two", back, 0.0)
    start_s, standing = traffic.clear_at("one", there, 0.0)
    assert (start_s == 0.0) is free
    if not drives:
        assert standing == (frozenset() if free else {"two"})
