"""Files of the library: glTF binary, OBJ hulls, OBJ visuals and model.yaml, byte for byte repeatable."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from .model import GRID, Model
from .palette import PALETTE, linear
from .shapes import Array

SMOOTH_COS = float(np.cos(np.radians(38)))  # faces meeting at less than 38 degrees shade as one surface


def shaded(mesh: trimesh.Trimesh) -> tuple[Array, Array, NDArray[np.int64]]:
    """Vertices and unit normals (n, 3) split at sharp edges, and triangles (m, 3); degenerate ones are dropped."""
    points = np.round(np.asarray(mesh.vertices) / GRID).astype(np.int64)
    unique, inverse = np.unique(points, axis=0, return_inverse=True)
    faces = inverse.reshape(-1)[np.asarray(mesh.faces)]
    corners = unique[faces] * GRID
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(cross, axis=1)
    keep = size > 1e-10
    faces, cross, size = faces[keep], cross[keep], size[keep]
    flat = cross / size[:, None]
    # every pair of corners at one vertex whose faces meet smoothly shares its normal, weighted by area
    vertex = faces.reshape(-1)
    order = np.argsort(vertex, kind="stable")
    start = np.searchsorted(vertex[order], np.arange(len(unique)))
    degree = np.bincount(vertex, minlength=len(unique))
    one = np.repeat(np.arange(len(vertex)), degree[vertex])
    rank = np.arange(len(one)) - np.repeat(np.cumsum(degree[vertex]) - degree[vertex], degree[vertex])
    other = order[start[vertex[one]] + rank] // 3
    smooth = np.einsum("ij,ij->i", flat[one // 3], flat[other]) > SMOOTH_COS
    weighted = np.where(smooth[:, None], cross[other], 0.0)
    normals = np.add.reduceat(weighted, np.cumsum(degree[vertex]) - degree[vertex], axis=0)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    rows = np.hstack([unique[faces.reshape(-1)], np.round(normals * 1000).astype(np.int64)])
    kept, index = np.unique(rows, axis=0, return_inverse=True)
    directions = kept[:, 3:] / np.linalg.norm(kept[:, 3:], axis=1)[:, None]
    return kept[:, :3] * GRID, directions, index.reshape(-1, 3)


def glb(model: Model, path: Path) -> None:
    """Write visuals as glTF 2.0 binary: a mesh and a node for each colour, named by it."""
    blob = b""
    views: list[dict[str, int]] = []
    accessors: list[dict[str, object]] = []
    meshes, materials = [], []

    def push(data: NDArray[np.generic], target: int) -> int:
        nonlocal blob
        raw = data.tobytes()
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(raw), "target": target})
        blob += raw + b"\0" * (-len(raw) % 4)
        return len(views) - 1

    for number, colour in enumerate(sorted(model.visuals)):
        vertices, normals, faces = shaded(model.mesh(colour))
        points = vertices.astype("<f4")
        short = len(points) < 65536
        accessors.append(
            {
                "bufferView": push(points, 34962),
                "componentType": 5126,
                "count": len(points),
                "type": "VEC3",
                "min": [float(v) for v in points.min(axis=0)],
                "max": [float(v) for v in points.max(axis=0)],
            }
        )
        accessors.append(
            {
                "bufferView": push(normals.astype("<f4"), 34962),
                "componentType": 5126,
                "count": len(points),
                "type": "VEC3",
            }
        )
        accessors.append(
            {
                "bufferView": push(faces.reshape(-1).astype("<u2" if short else "<u4"), 34963),
                "componentType": 5123 if short else 5125,
                "count": int(faces.size),
                "type": "SCALAR",
            }
        )
        _, _, _, metallic, roughness = PALETTE[colour]
        materials.append(
            {
                "name": colour,
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*(round(c, 4) for c in linear(colour)), 1.0],
                    "metallicFactor": metallic,
                    "roughnessFactor": roughness,
                },
            }
        )
        first = 3 * number
        primitive = {"attributes": {"POSITION": first, "NORMAL": first + 1}, "indices": first + 2, "material": number}
        meshes.append({"name": colour, "primitives": [primitive]})
    # Coordinates stay in the library's frame, z up (glTF says y up): loaders place models by that frame alone.
    nodes: list[dict[str, object]] = [{"name": m["name"], "mesh": i} for i, m in enumerate(meshes)]
    header = {
        "asset": {"version": "2.0", "generator": "line-layout assets"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": materials,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(blob)
    path.write_bytes(
        struct.pack("<4sII", b"glTF", 2, total)
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(blob), b"BIN\0")
        + blob
    )


def _number(value: float) -> str:
    short = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def hulls_obj(hulls: Sequence[tuple[str, trimesh.Trimesh]], path: Path) -> None:
    """Write convex pieces as an OBJ with one `o` object each."""
    lines = ["# convex pieces, m, z up"]
    offset = 1
    for name, mesh in hulls:
        lines.append(f"o {name}")
        lines += ["v " + " ".join(_number(float(c)) for c in v) for v in mesh.vertices]
        lines += ["f " + " ".join(str(int(i) + offset) for i in f) for f in mesh.faces]
        offset += len(mesh.vertices)
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def visual_obj(mesh: trimesh.Trimesh, path: Path) -> None:
    """Write one colour of a link as an OBJ with normals, which PyBullet shades by."""
    vertices, normals, faces = shaded(mesh)
    lines = ["# m, z up"]
    lines += ["v " + " ".join(_number(float(c)) for c in v) for v in vertices]
    lines += ["vn " + " ".join(f"{float(c):.3f}" for c in n) for n in normals]
    lines += ["f " + " ".join(f"{i + 1}//{i + 1}" for i in f) for f in faces.tolist()]
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def text(path: Path, content: str) -> None:
    """Write text with plain line ends on every system."""
    path.write_text(content, encoding="utf-8", newline="\n")
