"""Machines, vehicles and parts: convex where they collide, open where an arm reaches in, closed where a door shuts."""

import itertools
from collections.abc import Iterator

import numpy as np
import pybullet
import pytest
import trimesh
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull

from tests.assets.library import (
    ASSETS,
    COVER,
    MACHINES,
    MOVING,
    PARTS,
    SHAPES,
    SHEETS,
    VEHICLES,
    Array,
    body_pieces,
    glb_meshes,
    links,
    obj_pieces,
    outside,
    surface,
)

TOOL_RADIUS, TOOL_LENGTH = 0.125, 0.80  # m: a gripper and the forearm behind it, as a cylinder
CONTACT = 2.5e-3  # m: a part may touch what carries it, and PyBullet grows each hull by 1 mm
MOST_CORNERS = 32  # of a hull piece: distances are asked for all along every path
DOORS = ["cnc_mill", "cnc_lathe", "part_washer", "batch_oven"]  # whose axes shut the way to a port
LONG = ["part_shaft", "part_housing"]  # lie across belts, so that their middle comes to the port
CARTONS = ["case_sealer", "check_weigher", "carton_infeed", "carton_outfeed", "pallet_station"]  # held at their top
ARM_PORTS = [(m, p) for m in MACHINES for p, port in SHEETS[m].get("ports", {}).items() if "arm" in port["by"]]
ALL_PORTS = [(m, p) for m in MACHINES for p in SHEETS[m].get("ports", {})]


def parts_for(machine: str) -> list[str]:
    """Parts that the machine's arm ports take."""
    if machine in CARTONS:
        return ["part_box"]
    if machine == "cnc_lathe":
        return ["part_flange"]  # the chuck's jaws take round hubs only
    level = SHEETS[machine]["ports"][next(p for m, p in ARM_PORTS if m == machine)]["tool"][1] == 1
    return ["part_bracket", "part_flange", *([] if level else ["part_shaft", "part_housing"])]


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("name", SHAPES)
def test_hulls_are_convex_and_lean(name: str) -> None:
    files = [ASSETS / name / "hulls.obj", *(link.collision for link in links(name))]
    for file in files:
        for piece, (vertices, faces) in obj_pieces(file).items():
            hull = ConvexHull(vertices)
            assert len(hull.vertices) == len(vertices) <= MOST_CORNERS, (file.name, piece)
            mesh = trimesh.Trimesh(vertices, faces, process=False)
            assert mesh.is_watertight, (file.name, piece)
            assert mesh.volume == pytest.approx(hull.volume, rel=1e-6), (file.name, piece)
            inside = vertices @ mesh.face_normals.T - np.einsum("ij,ij->i", mesh.face_normals, mesh.triangles[:, 0])
            assert inside.max() < 1e-6, (file.name, piece)


def surfaces(name: str) -> list[tuple[str, Array, NDArray[np.int64], dict]]:
    """(what, vertices, triangles, hulls) of each colour of the body and of each moving link."""
    pieces = obj_pieces(ASSETS / name / "hulls.obj")
    out = [(colour, v, f, pieces) for colour, (v, f) in glb_meshes(ASSETS / name / "visual.glb").items()]
    for link in links(name):
        hulls = obj_pieces(link.collision)
        out += [(file.stem, *surface(file), hulls) for file in link.visuals]
    return out


@pytest.mark.parametrize("name", SHAPES)
def test_hulls_cover_the_visual(name: str) -> None:
    found = surfaces(name)
    assert len(glb_meshes(ASSETS / name / "visual.glb")) <= 16
    assert sum(len(f) for _, _, f, _ in found) < 13_000
    for what, vertices, faces, pieces in found:
        sampled, _ = trimesh.sample.sample_surface(trimesh.Trimesh(vertices, faces, process=False), 400, seed=1)
        gap = outside(np.vstack([vertices, sampled]), pieces)
        worst = np.vstack([vertices, sampled])[gap.argmax()]
        assert gap.max() < COVER, f"{what} stands {gap.max():.3f} m out of the hulls at {worst.round(3)}"


@pytest.mark.parametrize("name", SHAPES)
def test_visual_faces_look_outwards(name: str) -> None:
    """Every solid is closed and turned outwards, so that none shows holes or dark faces."""
    for what, vertices, faces, _ in surfaces(name):
        points, index = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)
        faces = index.reshape(-1)[faces]
        edges = np.vstack([faces[:, :2], faces[:, 1:]])
        graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(points), len(points)))
        _, label = connected_components(graph, directed=False)
        a, b, c = (points[faces[:, k]] - points[faces[:, 0]].mean(axis=0) for k in range(3))
        volume = np.bincount(label[faces[:, 0]], np.einsum("ij,ij->i", a, np.cross(b, c)) / 6)
        # area vectors of a closed surface add up to nothing; slivers that the writer drops weigh less than this
        area = np.column_stack([np.bincount(label[faces[:, 0]], row) for row in np.cross(b - a, c - a).T / 2])
        assert np.linalg.norm(area, axis=1).max() < 1e-8, f"{what} is not closed"
        assert volume.min() > 0, (what, points[label == volume.argmin()].mean(axis=0).round(3))


@pytest.mark.parametrize("name", [*MACHINES, *VEHICLES])
def test_visual_stays_over_the_footprint(name: str) -> None:
    ring = np.array(SHEETS[name]["footprint"])
    points = np.vstack([v for v, _ in glb_meshes(ASSETS / name / "visual.glb").values()])
    hulls = np.vstack([v for v, _ in obj_pieces(ASSETS / name / "hulls.obj").values()])
    for cloud in (points, hulls):
        assert np.all(cloud[:, :2].min(axis=0) > ring.min(axis=0) - COVER)
        assert np.all(cloud[:, :2].max(axis=0) < ring.max(axis=0) + COVER)
        assert cloud[:, 2].min() == pytest.approx(0, abs=1e-6), "it stands on the floor"


# ---------------------------------------------------------------- ports


@pytest.fixture(scope="module")
def engine() -> Iterator[int]:
    client = pybullet.connect(pybullet.DIRECT)
    yield client
    pybullet.disconnect(client)


def solid(client: int, file: str) -> int:
    """A static body of the hulls in a file."""
    shape = pybullet.createCollisionShape(pybullet.GEOM_MESH, fileName=file, physicsClientId=client)
    return pybullet.createMultiBody(0, shape, physicsClientId=client)


def quaternion(matrix: Array) -> tuple[float, ...]:
    """x, y, z, w of a (4, 4) transform."""
    w, x, y, z = trimesh.transformations.quaternion_from_matrix(matrix)
    return float(x), float(y), float(z), float(w)


def towards(direction: Array, spin: float = 0.0) -> tuple[float, ...]:
    """Quaternion (x, y, z, w) that turns z into `direction`, after a turn by `spin` (rad) about z."""
    align = trimesh.geometry.align_vectors([0, 0, 1], direction)
    return quaternion(align @ trimesh.transformations.rotation_matrix(spin, [0, 0, 1]))


def put(client: int, body: int, pose: Array) -> None:
    pybullet.resetBasePositionAndOrientation(body, pose[:3, 3].tolist(), quaternion(pose), physicsClientId=client)


def standing(client: int, name: str, program: str = "load") -> list[int]:
    """Bodies of a machine: what stands still, and each link where a program has it."""
    out = [solid(client, str(ASSETS / name / "hulls.obj"))]
    for link in links(name):
        out.append(solid(client, str(link.collision)))
        put(client, out[-1], link.pose(link.at(name, program)))
    return out


def gap(client: int, bodies: list[int], other: int, most: float = 0.3) -> float:
    """Least distance (m) between bodies and another one, at most `most`."""
    found = [n[8] for b in bodies for n in pybullet.getClosestPoints(b, other, most, physicsClientId=client)]
    return min(found, default=most)


def rod(client: int) -> int:
    shape = pybullet.createCollisionShape(
        pybullet.GEOM_CYLINDER, radius=TOOL_RADIUS, height=TOOL_LENGTH, physicsClientId=client
    )
    return pybullet.createMultiBody(0, shape, physicsClientId=client)


def vectors(machine: str, name: str) -> tuple[Array, Array, Array]:
    """at, tool and retreat of an arm port."""
    port = SHEETS[machine]["ports"][name]
    return tuple(np.array(port[k], dtype=float) for k in ("at", "tool", "retreat"))


def tool_gaps(client: int, bodies: list[int], machine: str, name: str) -> list[float]:
    """Distances of the tool to the machine along the way from the port to the end of its retreat."""
    at, tool, retreat = vectors(machine, name)
    body, out = rod(client), []
    for share in np.linspace(0, 1, 21):
        centre = at + share * retreat - tool * TOOL_LENGTH / 2
        pybullet.resetBasePositionAndOrientation(body, centre.tolist(), towards(tool), physicsClientId=client)
        out.append(gap(client, bodies, body))
    return out


def hold(client: int, part: str, at: Array, tool: Array, spin: float) -> int:
    """A part held at `at`, as an arm that picked it from above holds it."""
    orientation = towards(-tool, spin)
    offset = np.array(pybullet.rotateVector(orientation, SHEETS[part]["grasp"]))
    held = solid(client, str(ASSETS / part / "hulls.obj"))
    pybullet.resetBasePositionAndOrientation(held, (at - offset).tolist(), orientation, physicsClientId=client)
    return held


@pytest.fixture(autouse=True)
def clean(engine: int) -> Iterator[None]:
    yield
    pybullet.resetSimulation(physicsClientId=engine)


@pytest.mark.parametrize(("machine", "name"), ARM_PORTS)
def test_a_tool_passes_from_port_to_retreat(machine: str, name: str, engine: int) -> None:
    at, tool, retreat = vectors(machine, name)
    front = np.array(SHEETS[machine]["footprint"])[:, 1].min()
    assert np.linalg.norm(tool) == pytest.approx(1)
    assert at[1] - front < 0.55, "no deeper than 0.45 m inside the front face (a panel may stand 0.1 m before it)"
    assert 0.75 <= at[2] <= 1.15
    bodies = standing(engine, machine)
    gaps = tool_gaps(engine, bodies, machine, name)
    assert min(gaps) > 0, f"the tool hits {machine} {np.argmin(gaps) / 20:.0%} of the way out"
    # at the end of the retreat even the part is clear of the machine
    for part in parts_for(machine):
        assert gap(engine, bodies, hold(engine, part, at + retreat, tool, 0.0)) > 0.01


@pytest.mark.parametrize(("machine", "name"), ARM_PORTS)
def test_parts_fit_their_port_and_come_out_straight(machine: str, name: str, engine: int) -> None:
    at, tool, retreat = vectors(machine, name)
    bodies = standing(engine, machine)
    for part in parts_for(machine):
        for spin in (0.0,) if part in LONG else (0.0, np.pi / 2):
            resting = gap(engine, bodies, hold(engine, part, at, tool, spin))
            assert -CONTACT < resting < 0.02, f"{part} is {resting * 1e3:.1f} mm from what holds it"
            for share in np.linspace(0.1, 1.0, 10):
                way = gap(engine, bodies, hold(engine, part, at + share * retreat, tool, spin))
                assert way > -CONTACT, f"{part} hits {machine} {share:.0%} of the way out"


@pytest.mark.parametrize(("machine", "name"), ALL_PORTS)
def test_no_port_lies_inside_its_machine(machine: str, name: str) -> None:
    port = SHEETS[machine]["ports"][name]
    at = np.array([port["at"]], dtype=float)
    least = 0.02 if "arm" in port["by"] else -1e-6  # belts and decks end at the surface that carries
    for program in ("load", "work") if machine in MOVING else ("load",):
        if program == "load" or (machine in DOORS and "arm" in port["by"]):  # vehicles hand over past an open door
            assert outside(at, body_pieces(machine, program))[0] > least


def test_belts_and_decks_meet_level() -> None:
    ports = [(m, port) for m in MACHINES for port in SHEETS[m].get("ports", {}).values()
             if {"belt", "vehicle"} & set(port["by"])]  # fmt: skip
    heights = {port["at"][2] for _, port in ports} | {SHEETS[name]["deck"][2] for name in VEHICLES}
    assert len(heights) == 1
    assert 0.75 <= heights.pop() <= 0.90
    for m, port in ports:  # on the edge of the footprint, facing out of it
        reach = np.array(SHEETS[m]["footprint"]) @ np.array(port["facing"])
        assert np.dot(port["at"][:2], port["facing"]) == pytest.approx(reach.max())
        assert np.linalg.norm(port["facing"]) == pytest.approx(1)


# ---------------------------------------------------------------- doors


@pytest.mark.parametrize("name", MOVING)
def test_axes_stand_within_their_range_and_move(name: str) -> None:
    model = SHEETS[name]
    assert [link.axis for link in links(name)] == list(model["axes"])
    for link in links(name):
        load, work = link.at(name, "load"), link.at(name, "work")
        assert link.lower <= min(load, work) <= max(load, work) <= link.upper + 1e-9
        assert abs(load - work) > 0.1
        drive = model["axes"][link.axis]
        assert 0 < drive["speed"] < 5 * drive["acceleration"], "at full speed within a few seconds"


@pytest.mark.parametrize("name", DOORS)
def test_a_closed_door_bars_the_way(name: str, engine: int) -> None:
    port = next(p for m, p in ARM_PORTS if m == name)
    assert min(tool_gaps(engine, standing(engine, name, "load"), name, port)) > 0
    assert min(tool_gaps(engine, standing(engine, name, "work"), name, port)) < -0.01


@pytest.mark.parametrize("name", DOORS)
def test_a_closed_door_covers_its_opening(name: str) -> None:
    """Seen from the front, no ray through the port's surroundings gets past the closed leaves."""
    port = SHEETS[name]["ports"][next(p for m, p in ARM_PORTS if m == name)]
    x, _, z = port["at"]
    front = np.array(SHEETS[name]["footprint"])[:, 1].min()
    pieces = [piece for link in links(name) for piece in link.pieces(link.at(name, "work")).values()]
    for u in np.linspace(x - 0.15, x + 0.15, 7):
        for v in np.linspace(z - 0.20, z + 0.20, 9):
            line = np.column_stack([np.full(200, u), np.linspace(front - 0.1, front + 0.2, 200), np.full(200, v)])
            assert outside(line, {str(k): piece for k, piece in enumerate(pieces)}).min() < 0


@pytest.mark.parametrize("name", DOORS)
def test_doors_do_not_run_into_their_machine(name: str, engine: int) -> None:
    body = solid(engine, str(ASSETS / name / "hulls.obj"))
    moving = links(name)
    leaves = [solid(engine, str(link.collision)) for link in moving]
    for share in np.linspace(0, 1, 25):
        for link, leaf in zip(moving, leaves, strict=True):
            put(engine, leaf, link.pose((1 - share) * link.at(name, "work") + share * link.at(name, "load")))
        for leaf in leaves:
            assert gap(engine, [body], leaf) > -CONTACT, f"{share:.0%} open"
        for first, second in itertools.pairwise(leaves):
            assert gap(engine, [first], second) > -CONTACT


# ---------------------------------------------------------------- parts and vehicles


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("part_bracket", (0.16, 0.13, 0.08)),
        ("part_flange", (0.135, 0.135, 0.06)),
        ("part_shaft", (0.24, 0.05, 0.05)),
        ("part_housing", (0.18, 0.14, 0.11)),
        ("part_box", (0.30, 0.20, 0.15)),
        ("pallet_euro", (1.2, 0.8, 0.144)),
    ],
)
def test_parts_measure_and_weigh_what_they_say(name: str, size: tuple[float, float, float]) -> None:
    meshes = glb_meshes(ASSETS / name / "visual.glb")
    vertices = np.vstack([v for v, _ in meshes.values()])
    assert np.ptp(vertices, axis=0) == pytest.approx(size, abs=0.002)
    assert vertices[:, :2].min(axis=0) == pytest.approx(-vertices[:, :2].max(axis=0), abs=2e-3), "origin in the middle"
    mass = float(SHEETS[name]["mass"].split()[0])
    density = {"part_bracket": 2700, "part_flange": 7850, "part_shaft": 7850, "part_housing": 2680}.get(name)
    if density:
        main = ["steel"] if name == "part_shaft" else list(meshes)
        volume = sum(trimesh.Trimesh(*meshes[k], process=False).volume for k in main)
        assert mass == pytest.approx(volume * density, rel=0.01)
    if name == "pallet_euro":  # softwood of 350 to 600 kg/m^3 (EN 338)
        volume = sum(trimesh.Trimesh(*m, process=False).volume for m in meshes.values())
        assert 350 < mass / volume < 600


@pytest.mark.parametrize("name", PARTS)
def test_grasp_lies_at_the_part(name: str) -> None:
    grasp = np.array([SHEETS[name]["grasp"]], dtype=float)
    assert outside(grasp, obj_pieces(ASSETS / name / "hulls.obj"))[0] < 0.07


@pytest.mark.parametrize("name", VEHICLES)
def test_vehicles_carry_over_their_hulls(name: str) -> None:
    model = SHEETS[name]
    deck = np.array(model["deck"], dtype=float)
    pieces = obj_pieces(ASSETS / name / "hulls.obj")
    below = deck + np.array([[x, y, -0.005] for x in (-0.1, 0, 0.1) for y in (-0.1, 0, 0.1)])
    assert outside(below, pieces).max() < 0, "something carries the part"
    assert outside(below + [0, 0, 0.05], pieces).min() > 0, "nothing stands where the part rides"


@pytest.mark.parametrize("name", VEHICLES)
def test_contacts_of_the_charger_face_the_nose_of_a_docked_vehicle(name: str) -> None:
    contacts, _ = glb_meshes(ASSETS / "charging_station" / "visual.glb")["copper"]
    port = SHEETS["charging_station"]["ports"]["cart"]
    assert (port["kind"], port["by"], port["facing"]) == ("inout", ["vehicle"], [0, -1])
    nose = np.max(SHEETS[name]["footprint"], axis=0)[0]
    body = obj_pieces(ASSETS / name / "hulls.obj")
    facing = np.column_stack([np.full(len(contacts), nose - 0.01), contacts[:, 0] - port["at"][0], contacts[:, 2]])
    assert outside(facing, body).max() < 0, "each point of them has the vehicle's body in front of it"
    assert 0 < contacts[:, 1].min() - port["at"][1] < 0.05
    assert np.ptp(contacts[:, 2]) > 0.05, "two poles, one above the other"
