"""Every model of the library, written into one folder each."""

from collections.abc import Callable
from pathlib import Path

from . import (
    amr,
    assembly,
    catalogue,
    charger,
    conveyors,
    equipment,
    lathe,
    logistics,
    mill,
    moving,
    oven,
    packing,
    parts,
    press,
    saw,
    stations,
    storage,
    vision,
    washer,
    write,
)
from .forms import Machine, Part, Vehicle
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
    "hydraulic_press": press.build,
    "band_saw": saw.build,
    "batch_oven": oven.build,
    "assembly_station": assembly.build,
    "conveyor_belt": conveyors.belt,
    "conveyor_roller": conveyors.roller,
    "conveyor_corner": conveyors.corner,
    "conveyor_merge": conveyors.merge,
    "case_sealer": packing.sealer,
    "check_weigher": packing.weigher,
    "packing_station": packing.packing,
    "carton_infeed": packing.infeed,
    "carton_outfeed": packing.outfeed,
    "pallet_station": storage.station,
    "pallet_rack": storage.rack,
    "charging_station": charger.build,
    "guard_fence": storage.fence,
    "amr": amr.build,
    "part_bracket": parts.bracket,
    "part_flange": parts.flange,
    "part_shaft": parts.shaft,
    "part_housing": parts.housing,
    "part_box": packing.carton_part,
    "pallet_euro": storage.pallet_part,
}
SHEETS: dict[str, Machine | Vehicle | Part] = {
    **catalogue.MACHINES,
    **logistics.MACHINES,
    **logistics.VEHICLES,
    **parts.sheets(),
}


def build(out: Path) -> None:
    """Write all models below `out`."""
    for name, make in SHAPES.items():
        model, folder = make(), out / name
        for link in (model, *(axis.link for axis in model.moving)):
            if len(link.visuals) > MOST_COLOURS:
                raise ValueError(f"{name} has {len(link.visuals)} colours, at most {MOST_COLOURS} are drawn")
        folder.mkdir(parents=True, exist_ok=True)
        write.glb(model, folder / "visual.glb")
        write.hulls_obj(model.hulls, folder / "hulls.obj")
        moving.write_machine(model, folder)
        sheet = SHEETS[name]
        write.text(
            folder / "model.yaml", sheet.text(name, model.moving) if isinstance(sheet, Machine) else sheet.text(name)
        )
    equipment.build(out)
