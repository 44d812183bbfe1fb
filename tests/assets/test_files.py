"""The library's files: repeatable to the byte, small, complete, read without a word."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from layout.files.assets import library_folder, read_model
from layout.model.library import MachineModel
from tests.assets.library import ASSETS, MACHINES, NAMES, SHEETS

MUST = {
    "machine": {"visual", "hulls", "footprint", "service"},
    "arm": {"urdf", "base", "tip", "footprint", "service", "payload", "reach", "home", "joints"},
    "tool": {"visual", "hulls", "mass", "tcp", "grip", "hold"},
    "vehicle": {"visual", "hulls", "footprint", "speed", "acceleration", "payload", "deck"},
    "part": {"visual", "hulls", "mass", "friction", "grasp"},
}


def test_build_repeats_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ASSETS / "build.py"), "--out", str(tmp_path)], check=True)
    built = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    kept = {p.relative_to(ASSETS) for name in NAMES for p in (ASSETS / name).rglob("*") if p.is_file()}
    assert built == kept
    different = [str(p) for p in sorted(built) if (tmp_path / p).read_bytes() != (ASSETS / p).read_bytes()]
    assert different == []


def test_library_is_small() -> None:
    assert sum(p.stat().st_size for n in NAMES for p in (ASSETS / n).rglob("*") if p.is_file()) < 12e6


@pytest.mark.parametrize("name", NAMES)
def test_sheet_has_every_key(name: str) -> None:
    model = SHEETS[name]
    assert model["name"] == name
    assert model["description"]
    assert len(model["source"]) > 40, "says where its figures come from"
    assert MUST[model["kind"]] <= set(model)
    for file in ("visual", "hulls"):
        if file in model:
            assert (ASSETS / name / model[file]).is_file()
    if "service" in model:
        assert set(model["service"]) == {"front", "back", "left", "right"}
    if "footprint" in model:
        ring = np.array(model["footprint"])
        x, y = ring.T
        assert 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0, "counter-clockwise"
        assert np.allclose(ring.min(axis=0) + ring.max(axis=0), 0), "the origin lies under the box's centre"


@pytest.mark.parametrize("name", NAMES)
def test_model_is_read_without_a_warning(name: str) -> None:
    loaded = read_model(name, library_folder())
    assert loaded.warnings == ()
    if isinstance(loaded.model, MachineModel):
        assert [axis.name for axis in loaded.model.axes] == list(SHEETS[name].get("axes", {}))
        for program in ("load", "work"):
            for axis, value in zip(loaded.model.axes, loaded.model.position(program), strict=True):
                assert axis.lower <= value <= axis.upper


def test_every_model_asked_for_is_there() -> None:
    assert {
        *("cnc_mill", "cnc_lathe", "hydraulic_press", "band_saw", "part_washer", "batch_oven", "assembly_station"),
        *("vision_station", "infeed_station", "outfeed_station", "dock_in", "dock_out", "pallet_rack", "guard_fence"),
        *("conveyor_belt", "conveyor_roller", "conveyor_corner", "conveyor_merge", "pallet_station"),
        *("case_sealer", "check_weigher", "packing_station", "carton_infeed", "carton_outfeed", "amr"),
        "charging_station",
        *("part_bracket", "part_flange", "part_box", "part_shaft", "part_housing", "pallet_euro"),
        *("arm_10kg_r1100", "arm_16kg_r2010", "arm_200kg_r2700", "kuka_iiwa7", "franka_panda", "xarm6"),
    } <= set(NAMES)


def test_every_process_machine_is_served_by_arms_and_vehicles() -> None:
    shop = ("band_saw", "cnc_mill", "cnc_lathe", "hydraulic_press", "part_washer", "batch_oven", "assembly_station",
            "vision_station")  # fmt: skip
    for name in shop:
        for by in ("arm", "vehicle"):
            assert any(p["kind"] == "inout" and by in p["by"] for p in SHEETS[name]["ports"].values()), (name, by)
    for name in MACHINES:
        if name.startswith("conveyor_") or name in ("case_sealer", "check_weigher", "packing_station"):
            for way in ("in", "out"):
                assert any(p["kind"] == way and "belt" in p["by"] for p in SHEETS[name]["ports"].values()), (name, way)
