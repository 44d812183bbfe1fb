"""The library's files read by hand, so that no loader's conversions stand between them and the tests."""

import json
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from ruamel.yaml import YAML
from scipy.spatial import ConvexHull

Array = NDArray[np.float64]
Pieces = dict[str, tuple[Array, NDArray[np.int64]]]

ASSETS = Path(__file__).parents[2] / "assets"
COVER = 0.030  # m: how far a visual may stand out of the hulls, or out of the footprint

NAMES = sorted(p.parent.name for p in ASSETS.glob("*/model.yaml"))


def sheet(name: str) -> dict:
    return YAML(typ="safe").load(ASSETS / name / "model.yaml")


SHEETS = {name: sheet(name) for name in NAMES}


def named(kind: str) -> list[str]:
    return [name for name in NAMES if SHEETS[name]["kind"] == kind]


MACHINES, ARMS, TOOLS, VEHICLES, PARTS = (named(k) for k in ("machine", "arm", "tool", "vehicle", "part"))
SHAPES = [*MACHINES, *VEHICLES, *PARTS]
MOVING = [name for name in MACHINES if "axes" in SHEETS[name]]
ARM = ASSETS / "arm_16kg_r2010"


def obj_pieces(path: Path) -> Pieces:
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


def surface(path: Path) -> tuple[Array, NDArray[np.int64]]:
    """Vertices and triangles of an OBJ without objects."""
    rows = [line.split() for line in path.read_text().splitlines()]
    points = np.array([r[1:] for r in rows if r[0] == "v"], dtype=float)
    faces = np.array([[int(v.split("/")[0]) - 1 for v in r[1:]] for r in rows if r[0] == "f"])
    return points, faces


def glb_meshes(path: Path) -> Pieces:
    """Vertices and triangles of each material."""
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


def outside(points: Array, pieces: Pieces) -> Array:
    """How far each point (n, 3) lies out of the nearest piece, by its planes (m)."""
    best = np.full(len(points), np.inf)
    for vertices, _ in pieces.values():
        planes = ConvexHull(vertices).equations
        best = np.minimum(best, (points @ planes[:, :3].T + planes[:, 3]).max(axis=1))
    return best


@dataclass(frozen=True)
class Link:
    """A moving link of a machine, read from its URDF (m, rad)."""

    axis: str
    kind: str
    origin: Array
    direction: Array
    lower: float
    upper: float
    collision: Path
    visuals: tuple[Path, ...]

    def pose(self, value: float) -> Array:
        """(4, 4) transform of the link in the machine's frame, its axis at `value` (m or rad)."""
        out = np.eye(4)
        if self.kind == "revolute":
            out = trimesh.transformations.rotation_matrix(value, self.direction)
        else:
            out[:3, 3] = value * self.direction
        out[:3, 3] += self.origin
        return out

    def at(self, name: str, program: str) -> float:
        """Where the axis stands in a program of model.yaml (m or rad)."""
        given = float(SHEETS[name]["programs"][program][self.axis])
        return float(np.radians(given)) if self.kind == "revolute" else given * 1e-3

    def pieces(self, value: float) -> Pieces:
        """Its convex pieces in the machine's frame."""
        pose = self.pose(value)
        return {k: (v @ pose[:3, :3].T + pose[:3, 3], f) for k, (v, f) in obj_pieces(self.collision).items()}


def links(name: str) -> list[Link]:
    """The moving links of a machine, in the order of its axes."""
    if name not in MOVING:
        return []
    folder = ASSETS / name
    root = ET.parse(folder / SHEETS[name]["urdf"]).getroot()
    shapes = {link.get("name"): link for link in root.findall("link")}
    assert shapes["body"].find("visual") is None, "the body is visual.glb"
    out = []
    for joint in root.findall("joint"):
        assert joint.find("parent").get("link") == "body"
        child, limit = shapes[joint.find("child").get("link")], joint.find("limit")
        assert joint.find("origin").get("rpy") == "0 0 0"
        files = [folder / v.find("geometry/mesh").get("filename") for v in child.findall("visual")]
        out.append(
            Link(
                joint.get("name"),
                joint.get("type"),
                np.array(joint.find("origin").get("xyz").split(), dtype=float),
                np.array(joint.find("axis").get("xyz").split(), dtype=float),
                float(limit.get("lower")),
                float(limit.get("upper")),
                folder / child.find("collision/geometry/mesh").get("filename"),
                tuple(files),
            )
        )
    return out


def body_pieces(name: str, program: str = "load") -> Pieces:
    """All convex pieces of a machine, its axes as they stand in a program."""
    out = dict(obj_pieces(ASSETS / name / "hulls.obj"))
    for link in links(name):
        out |= {f"{link.axis}:{k}": piece for k, piece in link.pieces(link.at(name, program)).items()}
    return out
