"""Arms and tools, written into one folder each."""

from pathlib import Path

from . import robots, sheets, tools, urdf, write


def build(out: Path) -> None:
    """Write all arms and tools below `out`."""
    for name, text in (*sheets.ARMS.items(), *sheets.TOOLS.items()):
        (out / name).mkdir(parents=True, exist_ok=True)
        write.text(out / name / "model.yaml", text())
    for robot in robots.ROBOTS:
        urdf.write_arm(robot, out / robot.name)
    for name, make in tools.TOOLS.items():
        model = make()
        write.glb(model, out / name / "visual.glb")
        write.hulls_obj(model.hulls, out / name / "hulls.obj")
