"""Arms and tools of the library: true to their datasheets, possible masses and shapes, free at home, strong enough."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pybullet
import pytest
import trimesh
from scipy.spatial import ConvexHull

from layout.files.assets import load_model, model_names
from layout.model.equip import on_rail, with_tool
from layout.model.floor import Floor
from layout.model.library import ArmModel, Rail, ToolModel
from layout.model.line import Arm, Layout, Line
from layout.model.pose import Pose
from layout.model.scenario import Time
from layout.motion.collision import gap, mover, surroundings
from layout.motion.kinematics import chain_of, forward
from tests.assets.library import ASSETS, COVER, obj_pieces, outside

CORNERS = 32  # of a convex piece: ways of arms are checked against them continuously

MODELS = {name: load_model(name) for name in model_names()}
ARMS = [name for name, model in MODELS.items() if isinstance(model, ArmModel)]
TOOLS = [name for name, model in MODELS.items() if isinstance(model, ToolModel)]
OWN = [name for name in ARMS if (ASSETS / name / "arm.urdf").is_file()]

# Published: robot's mass (kg), reach (m), link lengths (A2's height over the robot's foot, A1-A2, A2-A3, A4 above A3,
# A3-A5, A5-flange; mm), ranges and speeds (degrees). KR AGILUS-2, KR CYBERTECH and KR QUANTEC-2 specifications.
SHEETS = {
    "arm_10kg_r1100": (
        56, 1.101, 10, (400, 25, 560, 25, 515, 90),
        ((-170, 170), (-190, 45), (-120, 156), (-185, 185), (-120, 120), (-350, 350)), (300, 225, 330, 360, 360, 433),
    ),
    "arm_16kg_r2010": (
        255, 2.013, 16, (520, 160, 980, 150, 860, 153),
        ((-185, 185), (-185, 65), (-138, 175), (-350, 350), (-130, 130), (-350, 350)), (200, 175, 190, 430, 430, 630),
    ),
    "arm_200kg_r2700": (
        1077, 2.701, 210, (645, 330, 1150, 115, 1220, 215),
        ((-185, 185), (-140, -5), (-120, 168), (-350, 350), (-125, 125), (-350, 350)), (120, 115, 112, 179, 172, 220),
    ),
}  # fmt: skip
PEDESTAL_M = {"arm_16kg_r2010": 0.45}  # part of the robot's own base link: 115 kg
PEDESTAL_KG = {"arm_16kg_r2010": 115.0}


def urdf(name: str) -> ET.Element:
    return ET.parse(ASSETS / name / "arm.urdf").getroot()


def links(name: str) -> list[str]:
    return [e.get("name", "") for e in urdf(name).findall("link") if e.find("visual") is not None]


HULLS = [ASSETS / n / f"meshes/{link}_collision.obj" for n in OWN for link in links(n)]
HULLS += [ASSETS / n / "hulls.obj" for n in TOOLS]


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("file", HULLS, ids=lambda file: f"{file.parents[file.name != 'hulls.obj'].name}-{file.stem}")
def test_hulls_are_convex_with_few_corners(file: Path) -> None:
    for piece, (vertices, faces) in obj_pieces(file).items():
        hull = ConvexHull(vertices)
        assert len(hull.vertices) == len(vertices) <= CORNERS, piece
        mesh = trimesh.Trimesh(vertices, faces, process=False)
        assert mesh.is_watertight, piece
        assert mesh.volume == pytest.approx(hull.volume, rel=1e-6), piece


@pytest.mark.parametrize(("name", "link"), [(n, link) for n in OWN for link in links(n)])
def test_hulls_cover_the_visuals(name: str, link: str) -> None:
    pieces = obj_pieces(ASSETS / name / f"meshes/{link}_collision.obj")
    for file in sorted((ASSETS / name).glob(f"meshes/{link}_*.obj")):
        if not file.name.endswith("_collision.obj"):
            rows = [line.split()[1:] for line in file.read_text().splitlines() if line.startswith("v ")]
            points = np.array(rows, dtype=float)
            gap = outside(points, pieces)
            assert gap.max() < COVER, (file.name, gap.max(), points[gap.argmax()])


@pytest.mark.parametrize("name", TOOLS)
def test_hulls_of_tools_cover_the_visual_and_leave_the_grip_free(name: str) -> None:
    model = MODELS[name]
    assert isinstance(model, ToolModel)
    pieces = obj_pieces(model.hulls)
    points = np.vstack([np.asarray(g.vertices) for g in trimesh.load(model.visual, force="scene").geometry.values()])
    assert outside(points, pieces).max() < 0.012
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.003), "it begins at the flange"
    assert abs(model.tcp_m[0]) + abs(model.tcp_m[1]) < 1e-9 and 0.05 < model.tcp_m[2] <= points[:, 2].max()
    held = np.array([[x, y, model.tcp_m[2] + 0.004] for x in (-0.01, 0.01) for y in (-0.03, 0.03)])
    assert outside(held, pieces).min() > 0.0, "where the part is held there is nothing of the tool"


# ---------------------------------------------------------------- datasheets


@pytest.mark.parametrize("name", OWN)
def test_axes_are_the_datasheet_s(name: str) -> None:
    _, reach, payload, _, ranges, speeds = SHEETS[name]
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    assert (model.reach_m, model.payload_kg) == (reach, payload)
    assert [joint.name for joint in model.joints] == [f"joint_a{k}" for k in range(1, 7)]
    for joint, (lower, upper), speed in zip(model.joints, ranges, speeds, strict=True):
        assert np.degrees([joint.lower, joint.upper]) == pytest.approx([lower, upper], abs=1e-3)
        assert np.degrees(joint.speed) == pytest.approx(speed)
        assert 0.2 <= joint.speed / joint.acceleration <= 1.01
        assert 0.09 <= joint.acceleration / joint.jerk <= 0.21


@pytest.mark.parametrize("name", OWN)
def test_flange_where_the_datasheet_puts_it(name: str) -> None:
    """By hand, for poses in which every link lies along an axis."""
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    height, offset, upper, elbow, forearm, flange = (v / 1000 for v in SHEETS[name][3])
    height += PEDESTAL_M.get(name, 0.0) + model.mount_m
    length = model.tcp_m[2]
    wrist = np.array([offset + forearm, 0.0, height + upper + elbow])
    for degrees, at, outwards in (
        ((0, 0, 0, 0, 0, 0), (offset + upper + forearm + flange, 0, height + elbow), (1, 0, 0)),
        ((0, -90, 90, 0, 0, 0), wrist + (flange, 0, 0), (1, 0, 0)),
        ((0, -90, 90, 0, 90, 0), wrist - (0, 0, flange), (0, 0, -1)),
        ((90, -90, 90, 0, 0, 0), (0, -(offset + forearm + flange), wrist[2]), (0, -1, 0)),  # A1 clockwise from above
        ((0, -90, 0, 0, 0, 0), (offset - elbow, 0, height + upper + forearm + flange), (0, 0, 1)),
        ((0, -90, 90, 90, 90, 0), wrist - (0, flange, 0), (0, -1, 0)),  # A4 turns about -x: down becomes right
    ):
        pose = forward(model, np.radians(degrees))
        assert pose[:3, 2] == pytest.approx(outwards, abs=1e-6)
        assert pose[:3, 3] - length * pose[:3, 2] == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize("name", OWN)
def test_reach_of_the_wrist_centre(name: str) -> None:
    """The datasheet's reach: how far from A1's axis the wrist gets, with what A2's range allows."""
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    _, _, _, (_, offset, upper, elbow, forearm, _), ranges, _ = SHEETS[name]
    a2 = np.radians(np.linspace(*ranges[1], 2000))
    a3 = np.radians(np.linspace(*ranges[2], 2000))
    farthest = upper * np.cos(a2)
    bent = np.hypot(elbow, forearm) * np.cos(a2[:, None] + a3 - np.arctan2(elbow, forearm)).max(axis=1)
    assert (offset + farthest + bent).max() / 1000 == pytest.approx(model.reach_m, abs=1e-3)
    assert chain_of(model).pivot.reach_m >= model.reach_m - 1e-3


@pytest.mark.parametrize("name", OWN)
def test_masses_and_inertia(name: str) -> None:
    """Links weigh what the robot weighs; every inertia is one that a body can have."""
    masses = {}
    for link in urdf(name).findall("link"):
        inertial = link.find("inertial")
        assert inertial is not None
        masses[link.get("name", "")] = float(inertial.find("mass").get("value"))  # type: ignore[union-attr, arg-type]
        i = {k: float(v) for k, v in inertial.find("inertia").attrib.items()}  # type: ignore[union-attr]
        tensor = np.array(
            [[i["ixx"], i["ixy"], i["ixz"]], [i["ixy"], i["iyy"], i["iyz"]], [i["ixz"], i["iyz"], i["izz"]]]
        )
        a, b, c = np.linalg.eigvalsh(tensor)
        assert a > 0, link.get("name")
        assert a + b >= c * (1 - 1e-6), "no body has a greater moment than its other two together"
    assert min(masses.values()) > 0
    assert sum(masses.values()) - PEDESTAL_KG.get(name, 0) == pytest.approx(SHEETS[name][0], abs=0.02)


# ---------------------------------------------------------------- in the engine


@pytest.fixture(scope="module")
def client() -> Iterator[int]:
    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


def driven(client: int, body: int) -> dict[str, int]:
    """Joint numbers of all revolute joints, by name."""
    info = [
        pybullet.getJointInfo(body, k, physicsClientId=client)
        for k in range(pybullet.getNumJoints(body, physicsClientId=client))
    ]
    return {i[1].decode(): i[0] for i in info if i[2] == pybullet.JOINT_REVOLUTE}


@pytest.mark.parametrize("name", OWN)
def test_home_is_free_of_self_collision(name: str, client: int) -> None:
    model = MODELS[name]
    assert isinstance(model, ArmModel) and model.tool is not None
    body = pybullet.loadURDF(str(model.urdf), useFixedBase=True, physicsClientId=client)
    numbers = driven(client, body)
    for joint, angle in zip(model.joints, model.home, strict=True):
        pybullet.resetJointState(body, numbers[joint.name], angle, physicsClientId=client)
    chain = range(-1, 6)
    for a in chain:
        for b in chain:
            if b > a + 1:
                near = pybullet.getClosestPoints(body, body, 0.0, a, b, physicsClientId=client)
                assert not near, (a, b)
    shape = pybullet.createCollisionShape(pybullet.GEOM_MESH, fileName=str(model.tool.hulls), physicsClientId=client)
    tool = pybullet.createMultiBody(0, shape, physicsClientId=client)
    flange = pybullet.getLinkState(body, 6, computeForwardKinematics=True, physicsClientId=client)
    pybullet.resetBasePositionAndOrientation(tool, flange[4], flange[5], physicsClientId=client)
    for link in range(-1, 4):  # bolted to link 6, which turns in link 5
        assert not pybullet.getClosestPoints(body, tool, 0.0, link, -1, physicsClientId=client), link
    pybullet.resetSimulation(physicsClientId=client)


@pytest.mark.parametrize("name", OWN)
def test_torques_carry_the_payload_at_full_stretch(name: str, client: int) -> None:
    """Stated accelerations are possible: arm level, the payload (gripper and part) at the flange."""
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    body = pybullet.loadURDF(str(model.urdf), useFixedBase=True, physicsClientId=client)
    info = [pybullet.getJointInfo(body, k, physicsClientId=client) for k in range(6)]
    flange = pybullet.getNumJoints(body, physicsClientId=client) - 1
    pybullet.changeDynamics(body, flange, mass=model.payload_kg, physicsClientId=client)
    pybullet.setGravity(0, 0, -9.81, physicsClientId=client)
    level = [min(max(0.0, joint.lower), joint.upper) for joint in model.joints]
    for k, joint in enumerate(model.joints):  # one axis at a time moves, all hold
        for way in (-1.0, 1.0):
            wanted = [0.0] * 6
            wanted[k] = way * joint.acceleration
            torque = pybullet.calculateInverseDynamics(body, level, [0.0] * 6, wanted, physicsClientId=client)
            assert abs(torque[k]) < info[k][10], (info[k][1], torque[k], info[k][10])
    pybullet.resetSimulation(physicsClientId=client)


@pytest.mark.parametrize("name", ARMS)
def test_arms_fit_their_urdf_and_look_down_at_home(name: str, client: int) -> None:
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    body = pybullet.loadURDF(str(model.urdf), useFixedBase=True, physicsClientId=client)
    assert [joint.name for joint in model.joints] == list(driven(client, body)), "in order, fingers left out"
    assert pybullet.getBodyInfo(body, physicsClientId=client)[0].decode() == model.base
    for joint, angle in zip(model.joints, model.home, strict=True):
        assert joint.lower <= angle <= joint.upper
    pose = forward(model, model.home)
    assert pose[:3, 2] == pytest.approx([0, 0, -1], abs=1e-3), "at home the tool looks down"
    assert pose[2, 3] > 0.9, "above the library's tables"
    pybullet.resetSimulation(physicsClientId=client)


@pytest.mark.parametrize("name", ARMS)
def test_masses_are_known_and_the_tool_is_light_enough(name: str) -> None:
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    assert len(model.inertias) == len(model.joints) + 1
    assert model.tool_mass_kg < 0.4 * model.payload_kg
    for body in model.inertias[1:]:
        least, _, most = np.linalg.eigvalsh(body.tensor)
        assert body.mass_kg > 0 and 0 < least <= most  # vendors' URDFs are not all bodies that can be


def test_borrowed_arms_have_their_datasheet_speeds() -> None:
    iiwa, panda, xarm = (MODELS[n].joints for n in ("kuka_iiwa7", "franka_panda", "xarm6"))  # type: ignore[union-attr]
    assert [np.degrees(j.speed) for j in iiwa] == pytest.approx([98, 98, 100, 130, 140, 180, 180])
    assert [np.degrees(j.speed) for j in panda] == pytest.approx([150] * 4 + [180] * 3)
    assert [np.degrees(j.speed) for j in xarm] == pytest.approx([180] * 6)
    assert [j.acceleration for j in panda] == pytest.approx([15, 7.5, 10, 12.5, 15, 20, 20], abs=2e-3)
    assert [j.jerk for j in panda] == pytest.approx([7500, 3750, 5000, 6250, 7500, 10000, 10000], rel=1e-4)
    wanted = [(-360, 360), (-118, 120), (-225, 11), (-360, 360), (-97, 180), (-360, 360)]  # user manual
    assert [(np.degrees(j.lower), np.degrees(j.upper)) for j in xarm] == [pytest.approx(w, abs=0.1) for w in wanted]


def test_the_flagship_s_arm_keeps_its_gripper() -> None:
    model = MODELS["arm_16kg_r2010"]
    assert isinstance(model, ArmModel) and model.tool is not None
    assert (model.tool.name, model.tcp_m, model.tool_mass_kg, model.grip_s) == (
        "gripper_parallel", (0, 0, 0.2), 3.5, 0.4,
    )  # fmt: skip


def test_every_arm_and_tool_asked_for_is_there() -> None:
    assert {"arm_10kg_r1100", "arm_16kg_r2010", "arm_200kg_r2700", "franka_panda", "kuka_iiwa7", "xarm6"} <= set(ARMS)
    assert {"gripper_heavy", "gripper_parallel", "gripper_small", "gripper_vacuum"} <= set(TOOLS)


@pytest.mark.parametrize("name", ARMS)
def test_home_keeps_clear_of_the_arm_itself(name: str) -> None:
    """With its own tool and with the widest of the small ones, by more than moves keep from things (10 mm)."""
    model = MODELS[name]
    assert isinstance(model, ArmModel)
    vacuum = MODELS["gripper_vacuum"]
    assert isinstance(vacuum, ToolModel)
    floor = Floor(boundary=((-9, -9), (9, -9), (9, 9), (-9, 9)))
    equipped = [model] if model.tool is None else [model, with_tool(model, vacuum)]
    for arm in (*equipped, on_rail(model, Rail(3.0, 1.0, 1.0))):
        standing = Arm("arm", arm, Pose(0.0, 0.0), (), "first_come", 1.0)
        line = Line("cell", Layout(), floor, Time(), (), {}, {}, {"arm": standing}, {}, {})
        away, thing = gap(mover(arm), surroundings(line, "arm"), arm.home)
        assert away > 0.012, (thing, away)
