"""Arms, stations and lines to try motion on, without the asset library: the tests' own small models."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from layout.files.urdf import read_chain
from layout.model.floor import Floor
from layout.model.library import ArmModel, MachineModel, PartModel, Port
from layout.model.line import Arm, Belt, Layout, Line, LineProduct, Station
from layout.model.pose import Pose
from layout.model.scenario import Time

NO_SERVICE = {"front": 0.0, "back": 0.0, "left": 0.0, "right": 0.0}

# Six axes, spherical wrist: link lengths of the KUKA KR 16 R2010-2 (data sheet: 160, 980, 150, 860, 153 mm) on a
# pedestal of 0.45 m; ranges and speeds of the same class.
SIX_AXES = """<robot name="six">
<link name="base_link"/><link name="l1"/><link name="l2"/><link name="l3"/><link name="l4"/><link name="l5"/>
<link name="l6"/><link name="tool0"/>
{joints}
<joint name="tool" type="fixed"><parent link="l6"/><child link="tool0"/><origin xyz="0 0 0" rpy="0 {half} 0"/></joint>
</robot>"""
JOINTS = [  # xyz, axis, lower, upper, speed (degrees)
    ("0 0 0.97", "0 0 -1", -185, 185, 200),
    ("0.16 0 0", "0 1 0", -185, 65, 175),
    ("0.98 0 0", "0 1 0", -120, 165, 190),
    ("0.86 0 0.15", "-1 0 0", -350, 350, 430),
    ("0 0 0", "0 1 0", -125, 125, 430),
    ("0.153 0 0", "-1 0 0", -350, 350, 630),
]


def six_axes_text() -> str:
    links = ["base_link", "l1", "l2", "l3", "l4", "l5", "l6"]
    text = ""
    for k, (xyz, axis, lower, upper, speed) in enumerate(JOINTS):
        low, high, fast = (math.radians(value) for value in (lower, upper, speed))
        text += (
            f'<joint name="joint_{k + 1}" type="revolute"><parent link="{links[k]}"/><child link="{links[k + 1]}"/>'
            f'<origin xyz="{xyz}"/><axis xyz="{axis}"/>'
            f'<limit lower="{low}" upper="{high}" velocity="{fast}" effort="1"/></joint>\n'
        )
    return SIX_AXES.format(joints=text, half=math.pi / 2)


def arm_model(name: str, urdf: Path, base: str, tip: str, tcp, home, reach: float, overrides=None) -> ArmModel:
    joints, flange = read_chain(urdf, base, tip, overrides or {})
    return ArmModel(
        name=name,
        description="",
        urdf=urdf,
        base=base,
        tip=tip,
        joints=joints,
        flange=flange,
        tcp_m=tcp,
        home=tuple(home),
        footprint_m=((-0.3, -0.3), (0.3, -0.3), (0.3, 0.3), (-0.3, 0.3)),
        service_m=NO_SERVICE,
        height_m=2.0,
        payload_kg=10.0,
        reach_m=reach,
        tool_mass_kg=1.0,
        grip_s=0.6,
    )


@pytest.fixture(scope="session")
def six(tmp_path_factory) -> ArmModel:
    path = tmp_path_factory.mktemp("six") / "arm.urdf"
    path.write_text(six_axes_text())
    home = [math.radians(value) for value in (0, -90, 90, 0, 90, 0)]
    return arm_model("six", path, "base_link", "tool0", (0.0, 0.0, 0.21), home, 2.013)


@pytest.fixture(scope="session")
def bullet_data() -> Path:
    import pybullet_data

    return Path(pybullet_data.getDataPath())


@pytest.fixture(scope="session")
def iiwa(bullet_data) -> ArmModel:
    # data sheet LBR iiwa 7 R800: 98, 98, 100, 130, 140, 180, 180 degrees/s (the URDF says 10 rad/s for all)
    speeds = {
        f"lbr_iiwa_joint_{k + 1}": {"speed": math.radians(v)} for k, v in enumerate((98, 98, 100, 130, 140, 180, 180))
    }
    home = (0.0, 0.5, 0.0, -1.5, 0.0, 1.1, 0.0)
    path = bullet_data / "kuka_iiwa" / "model.urdf"
    return arm_model("iiwa", path, "lbr_iiwa_link_0", "lbr_iiwa_link_7", (0.0, 0.0, 0.1), home, 0.8, speeds)


@pytest.fixture(scope="session")
def panda(bullet_data) -> ArmModel:
    home = (0.0, -0.7, 0.0, -2.3, 0.0, 1.6, 0.8)
    path = bullet_data / "franka_panda" / "panda.urdf"
    return arm_model("panda", path, "panda_link0", "panda_grasptarget", (0.0, 0.0, 0.0), home, 0.855)


@pytest.fixture(scope="session")
def table():
    """table(name, x, y, yaw, ...) -> Station: a box of 0.8 m x 0.6 m with one arm port on its top, open to the front,
    and belt ports left (in) and right (out)."""

    def make(name, x, y, yaw=0.0, *, height=0.9, tool=(0.0, 0.0, -1.0), retreat=(0.0, 0.0, 0.25), ports=None,
             source=False, sink=False, footprint=None) -> Station:  # fmt: skip
        if ports is None:
            ports = {
                "top": Port("top", "inout", ("arm",), (0.0, 0.0, height), tool, retreat),
                "left": Port("left", "in", ("belt",), (-0.4, 0.0, height), facing=(-1.0, 0.0)),
                "right": Port("right", "out", ("belt",), (0.4, 0.0, height), facing=(1.0, 0.0)),
            }
        outline = footprint or ((-0.4, -0.3), (0.4, -0.3), (0.4, 0.3), (-0.4, 0.3))
        model = MachineModel("table", "", Path("v"), Path("h"), height, outline, NO_SERVICE, ports)
        return Station(name, name, model, Pose(x, y, yaw), {}, 1, 0, 0, {}, source, None, sink)

    return make


@pytest.fixture(scope="session")
def cell():
    """cell(stations, arms, belts, ...) -> Line."""

    def make(stations, arms=(), belts=(), *, boundary=None, obstacles=None, keep_clear=None) -> Line:
        floor = Floor(
            boundary=boundary or [[-50, -50], [50, -50], [50, 50], [-50, 50]],
            obstacles=obstacles or {},
            keep_clear=keep_clear or {},
        )
        return Line(
            "cell",
            Layout(),
            floor,
            Time(),
            (),
            {},
            {s.name: s for s in stations},
            {a.name: a for a in arms},
            {b.name: b for b in belts},
            {},
        )

    return make


@pytest.fixture(scope="session")
def tend():
    """tend(model, serves, x, y, yaw, speed) -> Arm."""

    def make(model, serves, x=0.0, y=0.0, yaw=0.0, speed=1.0) -> Arm:
        return Arm("arm", model, Pose(x, y, yaw), tuple(serves), "first_come", speed)

    return make


@pytest.fixture(scope="session")
def belt():
    """belt(origin, target, ...) -> Belt of 0.3 m width, 0.5 m pitch, 0.25 m/s."""

    def make(origin, target, speed=0.25, pitch=0.5, width=0.3) -> Belt:
        return Belt("belt", origin, target, speed, pitch, width)

    return make


@pytest.fixture(scope="session")
def block(tmp_path_factory):
    """block(name, x, y, yaw, size, ports, ...) -> Station: a solid cuboid (m) on the floor, with one arm port 20 mm
    above the middle of its top unless told otherwise; its mesh is written to a file."""
    folder = tmp_path_factory.mktemp("blocks")

    def mesh(size) -> Path:
        path = folder / ("x".join(f"{n:.4f}" for n in size) + ".obj")
        if not path.exists():
            a, b, c = size[0] / 2, size[1] / 2, size[2]
            corners = [(x, y, z) for x in (-a, a) for y in (-b, b) for z in (0.0, c)]
            faces = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4"]
            text = "o block\n" + "".join(f"v {x} {y} {z}\n" for x, y, z in corners)
            path.write_text(text + "".join(f"f {face}\n" for face in faces))
        return path

    def make(name, x, y, yaw=0.0, size=(0.4, 0.4, 0.9), *, ports=None, retreat=0.25, source=False, sink=False):
        if ports is None:
            ports = {"top": Port("top", "inout", ("arm",), (0.0, 0.0, size[2] + 0.02), retreat_m=(0.0, 0.0, retreat))}
        a, b = size[0] / 2, size[1] / 2
        outline = ((-a, -b), (a, -b), (a, b), (-a, b))
        model = MachineModel(f"block {size}", "", mesh(size), mesh(size), size[2], outline, NO_SERVICE, ports)
        return Station(name, name, model, Pose(x, y, yaw), {}, 1, 0, 0, {}, source, None, sink)

    return make


@pytest.fixture(scope="session")
def part(tmp_path_factory) -> PartModel:
    """A cube of 40 mm, held at its middle."""
    path = tmp_path_factory.mktemp("part") / "part.obj"
    corners = [(x, y, z) for x in (-0.02, 0.02) for y in (-0.02, 0.02) for z in (-0.02, 0.02)]
    faces = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4"]
    text = "o part\n" + "".join(f"v {x} {y} {z}\n" for x, y, z in corners)
    path.write_text(text + "".join(f"f {face}\n" for face in faces))
    return PartModel("cube", "", path, path, 0.2, 0.4, (0.0, 0.0, 0.0))


@pytest.fixture(scope="session")
def work(part):
    """work(stations, arms, mass, ...) -> Line whose one product, a small cube, may be carried anywhere."""

    def make(stations, arms, *, mass=0.2, obstacles=None, fences=None) -> Line:
        floor = Floor(
            boundary=[[-50, -50], [50, -50], [50, 50], [-50, 50]], obstacles=obstacles or {}, fences=fences or {}
        )
        line = Line(
            "cell",
            Layout(),
            floor,
            Time(),
            (),
            {},
            {s.name: s for s in stations},
            {a.name: a for a in arms},
            {},
            {},
        )
        ends = tuple(s.name for s in stations)
        return replace(line, products={"cube": LineProduct("cube", part, mass, 1.0, (), ends, ends)})

    return make
