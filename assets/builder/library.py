"""Every model of the library, written into one folder each."""

from collections.abc import Callable
from pathlib import Path

from . import lathe, mill, parts, sheets, stations, urdf, vision, washer, write
from .model import Model

MOST_COLOURS = 16  # PyBullet cuts shape arrays there without a word

SHAPES: dict[str, Callable[[], Model]] = {
    "cnc_mill": mill.build,
    "cnc_lathe": lathe.build,
    "part_washer": washer.build,
    "vision_station": vision.build,
    "infeed_station": stations.infeed,
    "outfeed_station": stations.outfeed,
    "dock_in": stations.dock_in,
    "dock_out": stations.dock_out,
    "part_bracket": parts.bracket,
    "part_flange": parts.flange,
}
PART_SHEETS = {"part_bracket": sheets.bracket, "part_flange": sheets.flange}
ARM_SHEETS = {"arm_16kg_r2010": sheets.kr16, "kuka_iiwa7": sheets.iiwa7, "franka_panda": sheets.panda}


def build(out: Path) -> None:
    """Write all models below `out`."""
    for name, make in SHAPES.items():
        model, folder = make(), out / name
        if len(model.visuals) > MOST_COLOURS:
            raise ValueError(f"{name} has {len(model.visuals)} colours, at most {MOST_COLOURS} are drawn")
        folder.mkdir(parents=True, exist_ok=True)
        write.glb(model, folder / "visual.glb")
        write.hulls_obj(model.hulls, folder / "hulls.obj")
        sheet = PART_SHEETS[name]() if name in PART_SHEETS else sheets.MACHINES[name].text(name)
        write.text(folder / "model.yaml", sheet)
    for name, text in ARM_SHEETS.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        write.text(out / name / "model.yaml", text())
    urdf.write_arm(out / "arm_16kg_r2010")
