"""The asset library: repeatable to the byte, convex where it collides, open where an arm reaches in, true to data."""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pybullet
import pytest
import trimesh
from numpy.typing import NDArray
from ruamel.yaml import YAML
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull

Array = NDArray[np.float64]

ASSETS = Path(__file__).parents[2] / "assets"
COVER = 0.030  # m: how far a visual may stand out of the hulls, or out of the footprint
TOOL_RADIUS, TOOL_LENGTH = 0.125, 0.80  # m: a gripper and the forearm behind it, as a cylinder
CONTACT = 2.5e-3  # m: a part may touch what carries it, and PyBullet grows each hull by 1 mm

NAMES = sorted(p.parent.name for p in ASSETS.glob("*/model.yaml"))


def sheet(name: str) -> dict:
    return YAML(typ="safe").load(ASSETS / name / "model.yaml")


SHEETS = {name: sheet(name) for name in NAMES}
MACHINES = [n for n in NAMES if SHEETS[n]["kind"] == "machine"]
PARTS = [n for n in NAMES if SHEETS[n]["kind"] == "part"]


def obj_pieces(path: Path) -> dict[str, tuple[Array, NDArray[np.int64]]]:
    """Vertices (n, 3) and triangles (m, 3) of each `o` object."""
    vertices: list[list[float]] = []
    pieces: dict[str, list[list[int]]] = {}
    for line in path.read_text().splitlines():
        key, *rest = line.split()
        if key == "v":
            vertices.append([float(v) for v in rest])
        elif key == "o":
            assert rest[0] not in pieces, "names are unique"
            faces = pieces.setdefault(rest[0], [])
        elif key == "f":
            faces.append([int(v) - 1 for v in rest])
    out = {}
    for name, triangles in pieces.items():
        used, index = np.unique(np.array(triangles), return_inverse=True)
        out[name] = (np.array(vertices)[used], index.reshape(-1, 3))
    return out


def glb_meshes(path: Path) -> dict[str, tuple[Array, NDArray[np.int64]]]:
    """Vertices and triangles of each material, read by hand: no loader's conversions in between."""
    data = path.read_bytes()
    size = struct.unpack("<I", data[12:16])[0]
    head, blob = json.loads(data[20 : 20 + size]), data[28 + size :]

    def array(index: int, dtype: str) -> NDArray[np.generic]:
        view = head["bufferViews"][head["accessors"][index]["bufferView"]]
        start = view["byteOffset"]
        return np.frombuffer(blob[start : start + view["byteLength"]], dtype)

    out = {}
    for mesh in head["meshes"]:
        primitive = mesh["primitives"][0]
        wide = head["accessors"][primitive["indices"]]["componentType"] == 5125
        out[head["materials"][primitive["material"]]["name"]] = (
            array(primitive["attributes"]["POSITION"], "<f4").reshape(-1, 3).astype(float),
            array(primitive["indices"], "<u4" if wide else "<u2").reshape(-1, 3).astype(np.int64),
        )
    return out


def outside(points: Array, pieces: dict[str, tuple[Array, NDArray[np.int64]]]) -> Array:
    """How far each point (n, 3) lies out of the nearest piece, by its planes (m)."""
    best = np.full(len(points), np.inf)
    for vertices, _ in pieces.values():
        planes = ConvexHull(vertices).equations
        best = np.minimum(best, (points @ planes[:, :3].T + planes[:, 3]).max(axis=1))
    return best


# ---------------------------------------------------------------- the files


def test_build_repeats_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ASSETS / "build.py"), "--out", str(tmp_path)], check=True)
    built = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    kept = {p.relative_to(ASSETS) for name in NAMES for p in (ASSETS / name).rglob("*") if p.is_file()}
    assert built == kept
    different = [str(p) for p in sorted(built) if (tmp_path / p).read_bytes() != (ASSETS / p).read_bytes()]
    assert different == []


def test_library_is_small() -> None:
    assert sum(p.stat().st_size for n in NAMES for p in (ASSETS / n).rglob("*") if p.is_file()) < 8e6


@pytest.mark.parametrize("name", NAMES)
def test_sheet_has_every_key(name: str) -> None:
    keys = {
        "machine": {"visual", "hulls", "footprint", "service", "ports"},
        "arm": {"urdf", "base", "tip", "footprint", "service", "payload", "reach", "home", "joints"},
        "tool": {"visual", "hulls", "mass", "tcp", "grip"},
        "part": {"visual", "hulls", "mass", "friction", "grasp"},
    }
    model = SHEETS[name]
    assert model["name"] == name
    optional = {"machine": {"urdf", "axes", "programs"}, "arm": {"mount", "tool", "tcp", "tool_mass", "grip"}}.get(
        model["kind"], set()
    )
    assert set(model) - optional == {"name", "kind", "description", "source"} | keys[model["kind"]]
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


def test_every_model_asked_for_is_there() -> None:
    assert {
        *("cnc_mill", "cnc_lathe", "part_washer", "vision_station", "infeed_station", "outfeed_station"),
        *("dock_in", "dock_out", "arm_16kg_r2010", "kuka_iiwa7", "franka_panda", "part_bracket", "part_flange"),
    } <= set(NAMES)


# ---------------------------------------------------------------- machines and parts


@pytest.mark.parametrize("name", [*MACHINES, *PARTS])
def test_hulls_are_convex(name: str) -> None:
    files = [ASSETS / name / "hulls.obj"]
    for file in files:
        for piece, (vertices, faces) in obj_pieces(file).items():
            hull = ConvexHull(vertices)
            assert len(hull.vertices) == len(vertices), (file.name, piece)
            mesh = trimesh.Trimesh(vertices, faces, process=False)
            assert mesh.is_watertight, (file.name, piece)
            assert mesh.volume == pytest.approx(hull.volume, rel=1e-6), (file.name, piece)
            inside = vertices @ mesh.face_normals.T - np.einsum("ij,ij->i", mesh.face_normals, mesh.triangles[:, 0])
            assert inside.max() < 1e-6, (file.name, piece)


@pytest.mark.parametrize("name", [*MACHINES, *PARTS])
def test_hulls_cover_the_visual(name: str) -> None:
    pieces = obj_pieces(ASSETS / name / "hulls.obj")
    visual = glb_meshes(ASSETS / name / "visual.glb")
    assert len(visual) <= 16
    assert sum(len(f) for _, f in visual.values()) < 11_000
    for colour, (vertices, faces) in visual.items():
        mesh = trimesh.Trimesh(vertices, faces, process=False)
        sampled, _ = trimesh.sample.sample_surface(mesh, 400, seed=1)
        gap = outside(np.vstack([vertices, sampled]), pieces)
        worst = np.vstack([vertices, sampled])[gap.argmax()]
        assert gap.max() < COVER, f"{colour} stands {gap.max():.3f} m out of the hulls at {worst.round(3)}"


@pytest.mark.parametrize("name", MACHINES)
def test_visual_stays_over_the_footprint(name: str) -> None:
    ring = np.array(SHEETS[name]["footprint"])
    points = np.vstack([v for v, _ in glb_meshes(ASSETS / name / "visual.glb").values()])
    hulls = np.vstack([v for v, _ in obj_pieces(ASSETS / name / "hulls.obj").values()])
    for cloud in (points, hulls):
        assert np.all(cloud[:, :2].min(axis=0) > ring.min(axis=0) - COVER)
        assert np.all(cloud[:, :2].max(axis=0) < ring.max(axis=0) + COVER)
        assert cloud[:, 2].min() == pytest.approx(0, abs=1e-6), "it stands on the floor"


@pytest.fixture(scope="module")
def engine() -> Iterator[int]:
    client = pybullet.connect(pybullet.DIRECT)
    yield client
    pybullet.disconnect(client)


def solid(client: int, name: str) -> int:
    """A static body of a model's hulls."""
    shape = pybullet.createCollisionShape(
        pybullet.GEOM_MESH, fileName=str(ASSETS / name / "hulls.obj"), physicsClientId=client
    )
    return pybullet.createMultiBody(0, shape, physicsClientId=client)


def towards(direction: Array, spin: float = 0.0) -> tuple[float, ...]:
    """Quaternion (x, y, z, w) that turns z into `direction`, after a turn by `spin` (rad) about z."""
    align = trimesh.geometry.align_vectors([0, 0, 1], direction)
    matrix = align @ trimesh.transformations.rotation_matrix(spin, [0, 0, 1])
    w, x, y, z = trimesh.transformations.quaternion_from_matrix(matrix)
    return float(x), float(y), float(z), float(w)


ARM_PORTS = [(m, p) for m in MACHINES for p, port in SHEETS[m]["ports"].items() if "arm" in port["by"]]


@pytest.mark.parametrize(("machine", "name"), ARM_PORTS)
def test_a_tool_passes_from_port_to_retreat(machine: str, name: str, engine: int) -> None:
    port = SHEETS[machine]["ports"][name]
    at, tool, retreat = (np.array(port[k], dtype=float) for k in ("at", "tool", "retreat"))
    front = np.array(SHEETS[machine]["footprint"])[:, 1].min()
    assert np.linalg.norm(tool) == pytest.approx(1)
    assert at[1] - front < 0.55, "no deeper than 0.45 m inside the front face (a panel may stand 0.1 m before it)"
    assert 0.95 - 1e-9 <= at[2] <= 1.15
    body = solid(engine, machine)
    rod = pybullet.createMultiBody(
        0,
        pybullet.createCollisionShape(
            pybullet.GEOM_CYLINDER, radius=TOOL_RADIUS, height=TOOL_LENGTH, physicsClientId=engine
        ),
        physicsClientId=engine,
    )
    for share in np.linspace(0, 1, 21):
        centre = at + share * retreat - tool * TOOL_LENGTH / 2
        pybullet.resetBasePositionAndOrientation(rod, centre.tolist(), towards(tool), physicsClientId=engine)
        hits = pybullet.getClosestPoints(body, rod, 0.0, physicsClientId=engine)
        assert not hits, f"the tool hits {machine} at {np.round(hits[0][5], 3)}, {share:.0%} of the way out"
    # at the end of the retreat even the part is clear of the machine
    for part in PARTS:
        assert gap_to_part(engine, body, part, at + retreat, tool, 0.0) > 0.01
    pybullet.resetSimulation(physicsClientId=engine)


def gap_to_part(client: int, body: int, part: str, at: Array, tool: Array, spin: float) -> float:
    """Distance (m) between a machine and a part held at `at`, as an arm that picked it from above holds it."""
    orientation = towards(-tool, spin)
    offset = np.array(pybullet.rotateVector(orientation, SHEETS[part]["grasp"]))
    held = solid(client, part)
    pybullet.resetBasePositionAndOrientation(held, (at - offset).tolist(), orientation, physicsClientId=client)
    near = pybullet.getClosestPoints(body, held, 0.3, physicsClientId=client)
    pybullet.removeBody(held, physicsClientId=client)
    return min((n[8] for n in near), default=0.3)


@pytest.mark.parametrize(("machine", "name"), ARM_PORTS)
def test_parts_fit_their_port(machine: str, name: str, engine: int) -> None:
    port = SHEETS[machine]["ports"][name]
    body = solid(engine, machine)
    for part in ["part_flange"] if machine == "cnc_lathe" else PARTS:  # the chuck's jaws take round hubs only
        for spin in (0.0, np.pi / 2):
            gap = gap_to_part(engine, body, part, np.array(port["at"]), np.array(port["tool"], dtype=float), spin)
            assert -CONTACT < gap < 0.02, f"{part} is {gap * 1e3:.1f} mm from what holds it"
    pybullet.resetSimulation(physicsClientId=engine)


def test_belts_meet_level() -> None:
    heights = {port["at"][2] for m in MACHINES for port in SHEETS[m]["ports"].values() if "belt" in port["by"]}
    assert len(heights) == 1
    assert 0.85 <= heights.pop() <= 0.90
    for m in MACHINES:
        for port in SHEETS[m]["ports"].values():
            if "belt" in port["by"]:  # on the edge of the footprint, facing out of it
                reach = np.array(SHEETS[m]["footprint"]) @ np.array(port["facing"])
                assert np.dot(port["at"][:2], port["facing"]) == pytest.approx(reach.max())


@pytest.mark.parametrize(
    ("name", "size"), [("part_bracket", (0.16, 0.13, 0.08)), ("part_flange", (0.135, 0.135, 0.06))]
)
def test_parts_measure_and_weigh_what_they_say(name: str, size: tuple[float, float, float]) -> None:
    vertices = np.vstack([v for v, _ in glb_meshes(ASSETS / name / "visual.glb").values()])
    assert np.ptp(vertices, axis=0) == pytest.approx(size, abs=0.002)
    volume = sum(trimesh.Trimesh(*m, process=False).volume for m in glb_meshes(ASSETS / name / "visual.glb").values())
    density = {"part_bracket": 2700, "part_flange": 7850}[name]
    assert float(SHEETS[name]["mass"].split()[0]) == pytest.approx(volume * density, rel=0.01)


@pytest.mark.parametrize("name", [*MACHINES, *PARTS])
def test_visual_faces_look_outwards(name: str) -> None:
    """Every solid is closed and turned outwards, so that none shows holes or dark faces."""
    for colour, (vertices, faces) in glb_meshes(ASSETS / name / "visual.glb").items():
        points, index = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)
        faces = index.reshape(-1)[faces]
        edges = np.vstack([faces[:, :2], faces[:, 1:]])
        graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(points), len(points)))
        _, label = connected_components(graph, directed=False)
        a, b, c = (points[faces[:, k]] - points[faces[:, 0]].mean(axis=0) for k in range(3))
        volume = np.bincount(label[faces[:, 0]], np.einsum("ij,ij->i", a, np.cross(b, c)) / 6)
        assert volume.min() > 0, (colour, points[label == volume.argmin()].mean(axis=0).round(3))
