"""Solid shapes, all in metres: bevelled prisms, lofts, bodies of revolution, pipes.

Every solid is watertight by construction (rings of equal length, joined by quads and capped), so that no
boolean operation is needed and the same input always gives the same triangles.
"""

from collections.abc import Iterable, Sequence

import mapbox_earcut
import numpy as np
import trimesh
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Which of x, y, z are the two directions u, v of a sketch and its extrusion direction w.
_PLANES: dict[str, tuple[int, int, int]] = {"xy": (0, 1, 2), "xz": (0, 2, 1), "yz": (1, 2, 0)}
_MIRRORED = {"xz"}  # (u, v, w) is left-handed there, so faces turn round


def _place(flat: Array, plane: str) -> Array:
    """(n, 3) sketch coordinates u, v, w -> x, y, z."""
    out = np.empty_like(flat)
    out[:, list(_PLANES[plane])] = flat
    return out


SAG = 0.0010  # m: how far a chord may fall short of its circle; sets how many corners a round thing gets


def _corners(radius: float, most: int) -> int:
    """How many corners a circle of `radius` (m) needs, a multiple of four from 8 to `most`."""
    wanted = np.pi / np.arccos(max(1 - SAG / max(radius, 1e-6), 0.5))
    return int(min(most, max(8, 4 * round(wanted / 4))))


# ---------------------------------------------------------------- rings: (n, 2) points, counter-clockwise


def rect(u0: float, v0: float, u1: float, v1: float) -> Array:
    """Corners of a rectangle (m), counter-clockwise."""
    return np.array([[u0, v0], [u1, v0], [u1, v1], [u0, v1]], dtype=float)


def circle(radius: float, centre: tuple[float, float] = (0.0, 0.0), n: int = 32) -> Array:
    """A regular polygon on a circle of `radius` (m), of `n` corners at most (exactly `n` up to ten)."""
    n = _corners(radius, n) if n > 10 else n
    angle = np.arange(n) * 2 * np.pi / n
    return np.column_stack([np.cos(angle), np.sin(angle)]) * radius + np.asarray(centre)


def rounded(points: ArrayLike, radius: float | Sequence[float], steps: int = 4, exact: bool = False) -> Array:
    """`points` (n, 2) with each corner an arc of `radius` (m) in at most `steps` chords (`exact`: in so many)."""
    ring = np.asarray(points, dtype=float)
    radii = np.broadcast_to(np.asarray(radius, dtype=float), (len(ring),))
    out: list[Array] = []
    for i, corner in enumerate(ring):
        back, ahead = ring[i - 1] - corner, ring[(i + 1) % len(ring)] - corner
        back, ahead = back / np.linalg.norm(back), ahead / np.linalg.norm(ahead)
        half = 0.5 * np.arccos(np.clip(back @ ahead, -1, 1))
        if radii[i] <= 0 or half > np.pi / 2 - 1e-3:
            out.append(corner)
            continue
        middle = (back + ahead) / np.linalg.norm(back + ahead) * radii[i] / np.sin(half) + corner
        start = corner + back * radii[i] / np.tan(half) - middle
        end = corner + ahead * radii[i] / np.tan(half) - middle
        chords = steps if exact else min(steps, max(1, round(radii[i] / 0.008)))  # small radii look round with fewer
        turn = np.arctan2(start[0] * end[1] - start[1] * end[0], start @ end)
        for step in range(chords + 1):
            angle = turn * step / chords
            cos, sin = np.cos(angle), np.sin(angle)
            out.append(middle + [cos * start[0] - sin * start[1], sin * start[0] + cos * start[1]])
    return np.array(out)


def slot(a: tuple[float, float], b: tuple[float, float], ra: float, rb: float, n: int = 12) -> Array:
    """Outline of two circles of radii `ra` and `rb` (m) about `a` and `b`, joined by their tangents."""
    a_, b_ = np.asarray(a, float), np.asarray(b, float)
    along = b_ - a_
    heading = np.arctan2(along[1], along[0])
    lean = np.arccos(np.clip((ra - rb) / np.linalg.norm(along), -1, 1))
    about_b = heading + np.linspace(-lean, lean, n)
    about_a = heading + np.linspace(lean, 2 * np.pi - lean, n)
    return np.vstack(
        [
            b_ + rb * np.column_stack([np.cos(about_b), np.sin(about_b)]),
            a_ + ra * np.column_stack([np.cos(about_a), np.sin(about_a)]),
        ]
    )


def inset(ring: Array, distance: float) -> Array:
    """Ring moved inwards by `distance` (m), mitred, with as many points as before."""
    if distance == 0:
        return ring
    edges = np.roll(ring, -1, axis=0) - ring
    edges = edges / np.linalg.norm(edges, axis=1)[:, None]
    normals = np.column_stack([-edges[:, 1], edges[:, 0]])  # left of a counter-clockwise edge is inside
    before = np.roll(normals, 1, axis=0)
    mitre = normals + before
    scale = 1.0 + np.einsum("ij,ij->i", normals, before)
    return ring + distance * mitre / np.maximum(scale, 0.2)[:, None]


# ---------------------------------------------------------------- solids


def _cap(rings: Sequence[Array]) -> NDArray[np.int64]:
    """Triangles (m, 3) over the area between an outer ring and its holes."""
    ends = np.cumsum([len(r) for r in rings]).astype(np.uint32)
    return np.asarray(mapbox_earcut.triangulate_float64(np.vstack(rings), ends)).reshape(-1, 3).astype(np.int64)


def prism(
    outer: ArrayLike,
    w0: float,
    w1: float,
    plane: str = "xy",
    bevel: float = 0.0,
    holes: Iterable[ArrayLike] = (),
    steps: int = 1,
) -> trimesh.Trimesh:
    """A sketch extruded from `w0` to `w1` (m) along the third axis of `plane`, its end edges bevelled.

    `outer` (n, 2) is counter-clockwise, `holes` too; `steps` chords round the bevel, 1 is a chamfer.
    """
    rings = [np.asarray(outer, dtype=float)] + [np.asarray(h, dtype=float)[::-1] for h in holes]
    arc = np.linspace(0, np.pi / 2, steps + 1)
    ends = [(bevel * (1 - np.sin(a)), bevel * (1 - np.cos(a))) for a in arc] if bevel else [(0.0, 0.0)]
    layers = [(i, w0 + d) for i, d in ends] + [(i, w1 - d) for i, d in reversed(ends)]
    count = sum(len(r) for r in rings)
    vertices = np.vstack([np.column_stack([inset(r, i), np.full(len(r), w)]) for i, w in layers for r in rings])
    faces: list[list[int]] = []
    for level in range(len(layers) - 1):
        offset = level * count
        for ring in rings:
            n = len(ring)
            for k in range(n):
                a, b = offset + k, offset + (k + 1) % n
                faces += [[a, b, b + count], [a, b + count, a + count]]
            offset += n
    cap = _cap([inset(r, layers[0][0]) for r in rings])
    cap = np.where((_signed(vertices[:, :2], cap) > 0)[:, None], cap, cap[:, ::-1])
    top = cap + (len(layers) - 1) * count
    all_faces = np.vstack([np.array(faces), cap[:, ::-1], top])
    return _mesh(_place(vertices, plane), all_faces[:, ::-1] if plane in _MIRRORED else all_faces)


def _signed(points: Array, triangles: NDArray[np.int64]) -> Array:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def _mesh(vertices: ArrayLike, faces: ArrayLike) -> trimesh.Trimesh:
    return trimesh.Trimesh(vertices=vertices, faces=faces, process=False)


def box(
    lo: Sequence[float], hi: Sequence[float], r: float = 0.006, plane: str = "xy", steps: int = 1
) -> trimesh.Trimesh:
    """An axis-aligned box from corner `lo` to corner `hi` (m) with all edges bevelled by `r` (m)."""
    u, v, w = _PLANES[plane]
    ring = rect(lo[u], lo[v], hi[u], hi[v])
    r = min(r, 0.45 * min(h - low for low, h in zip(lo, hi, strict=True)))
    return prism(rounded(ring, r, steps) if r > 0 else ring, lo[w], hi[w], plane, r, steps=min(steps, 2))


def rbox(
    lo: Sequence[float], hi: Sequence[float], radius: float, plane: str = "xy", bevel: float = 0.006, steps: int = 5
) -> trimesh.Trimesh:
    """A box whose four edges along the normal of `plane` are rounded by `radius` (m), the others bevelled."""
    u, v, w = _PLANES[plane]
    return prism(rounded(rect(lo[u], lo[v], hi[u], hi[v]), radius, steps), lo[w], hi[w], plane, bevel)


def loft(rings: Sequence[ArrayLike]) -> trimesh.Trimesh:
    """A skin over `rings`, each (n, 3) in metres and counter-clockwise seen from the last one; flat caps."""
    stack = [np.asarray(r, dtype=float) for r in rings]
    n = len(stack[0])
    if any(len(r) != n for r in stack):
        raise ValueError("rings of a loft must have equally many points")
    vertices = np.vstack([*stack, stack[0].mean(axis=0)[None], stack[-1].mean(axis=0)[None]])
    low, high = len(stack) * n, len(stack) * n + 1
    faces: list[list[int]] = []
    for k in range(n):
        nxt = (k + 1) % n
        faces += [[low, nxt, k], [high, (len(stack) - 1) * n + k, (len(stack) - 1) * n + nxt]]
        for level in range(len(stack) - 1):
            a, b = level * n + k, level * n + nxt
            faces += [[a, b, b + n], [a, b + n, a + n]]
    return _mesh(vertices, faces)


def _frame(axis: Array) -> tuple[Array, Array]:
    """Two unit vectors at right angles to `axis` and to each other, right-handed with it."""
    helper = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    u = np.cross(helper, axis)
    u /= np.linalg.norm(u)
    return u, np.cross(axis, u)


def revolve(
    profile: ArrayLike, base: Sequence[float] = (0, 0, 0), axis: Sequence[float] = (0, 0, 1), n: int = 32
) -> trimesh.Trimesh:
    """Body of revolution: `profile` (k, 2) lists (radius, height) in metres from bottom to top along `axis`."""
    direction = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    u, v = _frame(direction)
    n = _corners(float(np.max(np.asarray(profile)[:, 0])), n)
    angle = np.arange(n) * 2 * np.pi / n
    rim = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
    return loft([np.asarray(base) + max(r, 1e-4) * rim + h * direction for r, h in np.asarray(profile, float)])


def cylinder(
    p0: Sequence[float], p1: Sequence[float], radius: float, n: int = 32, bevel: float = 0.003
) -> trimesh.Trimesh:
    """A round bar from `p0` to `p1` (m), its rims chamfered."""
    axis = np.asarray(p1, float) - np.asarray(p0, float)
    h = float(np.linalg.norm(axis))
    b = min(bevel, 0.45 * h, 0.45 * radius) if radius > 0.012 else 0.0
    profile = [(radius - b, 0), (radius, b), (radius, h - b), (radius - b, h)] if b > 0 else [(radius, 0), (radius, h)]
    return revolve(profile, p0, axis, n)


def tube(
    p0: Sequence[float], p1: Sequence[float], outer: float, inner: float, n: int = 32, bevel: float = 0.002
) -> trimesh.Trimesh:
    """A hollow bar from `p0` to `p1` (m)."""
    axis = np.asarray(p1, float) - np.asarray(p0, float)
    h = float(np.linalg.norm(axis))
    n = _corners(outer, n)
    flat = prism(circle(outer, n=n), 0, h, bevel=bevel, holes=[circle(inner, n=n)])
    u, v = _frame(axis / h)
    return _mesh(np.asarray(p0) + np.asarray(flat.vertices) @ np.array([u, v, axis / h]), flat.faces)


def pipe(path: ArrayLike, radius: float, bend: float = 0.03, n: int = 12, steps: int = 4) -> trimesh.Trimesh:
    """A round pipe of `radius` (m) along a polyline `path` (k, 3), corners bent with radius `bend` (m)."""
    points = np.asarray(path, dtype=float)
    line: list[Array] = [points[0]]
    for i in range(1, len(points) - 1):
        back, ahead = points[i - 1] - points[i], points[i + 1] - points[i]
        reach = min(bend, 0.45 * float(np.linalg.norm(back)), 0.45 * float(np.linalg.norm(ahead)))
        start = points[i] + back / np.linalg.norm(back) * reach
        end = points[i] + ahead / np.linalg.norm(ahead) * reach
        for t in np.linspace(0, 1, steps + 1):
            line.append((1 - t) ** 2 * start + 2 * t * (1 - t) * points[i] + t**2 * end)
    line.append(points[-1])
    centre = np.array(line)
    tangent = np.gradient(centre, axis=0)
    tangent[0], tangent[-1] = centre[1] - centre[0], centre[-1] - centre[-2]
    tangent /= np.linalg.norm(tangent, axis=1)[:, None]
    u, v = _frame(tangent[0])
    angle = np.arange(_corners(radius, n)) * 2 * np.pi / _corners(radius, n)
    rings = []
    for point, t in zip(centre, tangent, strict=True):
        u = u - (u @ t) * t  # parallel transport: carries the frame along without twist
        u /= np.linalg.norm(u)
        v = np.cross(t, u)
        rings.append(point + radius * (np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v))
    return loft(rings)


def section(
    plane: str, w: float, u: float, v: float, half_u: float, half_v: float, radius: float, steps: int = 4
) -> Array:
    """A rounded rectangle (n, 3) about (u, v) at height `w` of `plane`: one ring for `loft` (m)."""
    ring = rounded(
        rect(u - half_u, v - half_v, u + half_u, v + half_v), min(radius, 0.98 * half_u, 0.98 * half_v), steps, True
    )
    flat = np.column_stack([ring, np.full(len(ring), w)])
    out = _place(flat, plane)
    return out[::-1] if plane in _MIRRORED else out


def moved(mesh: trimesh.Trimesh, matrix: ArrayLike) -> trimesh.Trimesh:
    """A copy of `mesh` under the (4, 4) transform `matrix`; a mirror turns the faces as well."""
    m = np.asarray(matrix, dtype=float)
    faces = mesh.faces[:, ::-1] if np.linalg.det(m[:3, :3]) < 0 else mesh.faces
    return _mesh(np.asarray(mesh.vertices) @ m[:3, :3].T + m[:3, 3], faces)


def shift(mesh: trimesh.Trimesh, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> trimesh.Trimesh:
    """A copy of `mesh` moved by (x, y, z) in metres."""
    return _mesh(np.asarray(mesh.vertices) + [x, y, z], mesh.faces)


def turn(
    mesh: trimesh.Trimesh, degrees: float, axis: Sequence[float], about: Sequence[float] = (0, 0, 0)
) -> trimesh.Trimesh:
    """A copy of `mesh` turned by `degrees` around `axis` through `about` (m)."""
    return moved(mesh, trimesh.transformations.rotation_matrix(np.radians(degrees), axis, about))


def mirror_x(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """A copy of `mesh` mirrored left to right."""
    return moved(mesh, np.diag([-1.0, 1.0, 1.0, 1.0]))
