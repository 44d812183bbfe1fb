"""A recorded physical run in plan, for the page: outlines once, then where everything is ten times a second.

Numbers are little-endian int16 in base64: lengths in `unit` metres from `origin`, angles in 1e-4 rad. The page's script
draws them; nothing is computed again there but straight lines between two frames.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from layout.files.recording import Frame, Recording
from layout.model.line import Arm, Line, Station
from layout.model.pose import Array
from layout.model.results import Moves
from layout.motion.kinematics import chain_of
from layout.report import canvas, geometry
from layout.report.plan_frame import STYLE, role
from layout.scene.meshes import hull_pieces
from layout.scene.solids import moving_pieces

RATE_HZ = 10
LONGEST_S = 120.0
SHOWN = ("working", "setup", "blocked", "down")  # states that a dot over a machine shows
PRODUCT_COLOURS = ("#0b5c9e", "#c2570c", "#1a7340", "#7f62a3", "#a8741a", "#3a4a5c")
_TURN = 1e-4
_TILT = 0.1  # between two ways a part is tilted that are drawn apart, in sines
_DOOR = 0.02  # m or rad between two positions of a door that are drawn apart


@dataclass(frozen=True)
class Replay:
    """A replay for the page. data : JSON text; begin_s, end_s : of the run, what it shows; products : on the line"""

    data: str
    begin_s: float
    end_s: float
    products: tuple[str, ...] = ()

    @property
    def legend(self) -> list[tuple[str, str, str]]:
        """Colour, meaning and kind (part, state)."""
        shown = [(canvas.STATE_COLOURS[s], canvas.state_word(s), "state") for s in SHOWN]
        colours = [PRODUCT_COLOURS[i % len(PRODUCT_COLOURS)] for i in range(len(self.products))]
        return [*((c, name, "part") for c, name in zip(colours, self.products, strict=True)), *shown]

    @property
    def size_kb(self) -> float:
        """How much it adds to the page."""
        return len(self.data) / 1000.0


def replay(line: Line, moves: Moves | None, recording: Recording) -> Replay:
    """The last `LONGEST_S` of a recording of a line, in plan. SceneError where a model's hulls cannot be read."""
    end_s = recording.end_s
    begin_s = max(end_s - LONGEST_S, 0.0)
    times = begin_s + np.arange(int((end_s - begin_s) * RATE_HZ + 1e-6) + 1) / RATE_HZ
    frames = [recording.at(float(t)) for t in times]
    x0, y0, x1, y1 = geometry.extent(line)
    code = _Code((x0 + x1) / 2, (y0 + y1) / 2, max(1e-3, 1.2 * max(x1 - x0, y1 - y0) / 65000))
    outlines = _Outlines(line, recording.products)
    data = {
        "box": [x0, y0, x1, y1],
        "origin": [code.x_m, code.y_m],
        "unit": code.unit_m,
        "rate": RATE_HZ,
        "frames": len(frames),
        "begin": begin_s,
        "plan": _plan(line, moves),
        "arms": [_arm(line.arms[n], [f.arms[n] for f in frames], code) for n in frames[0].arms if n in line.arms],
        "doors": [
            _door(line.stations[n], [f.axes[n] for f in frames], code) for n in frames[0].axes if n in line.stations
        ],
        "carts": [_cart(line, n, [f.vehicles[n] for f in frames], code) for n in frames[0].vehicles],
        "colours": PRODUCT_COLOURS,
        "parts": _parts(frames, recording.products, outlines, code),
        "outlines": outlines.shapes,
        "states": _states(recording.about.get("states", {}), begin_s, end_s),
    }
    return Replay(json.dumps(data, separators=(",", ":")), begin_s, end_s, recording.products)


@dataclass(frozen=True)
class _Code:
    """How lengths are written."""

    x_m: float
    y_m: float
    unit_m: float

    def points(self, points: Array) -> str:
        """(..., 2) float (m) as text."""
        return _packed((points - [self.x_m, self.y_m]) / self.unit_m)


def _packed(numbers: Array) -> str:
    whole = np.clip(np.rint(numbers), -32767, 32767).astype("<i2")
    return base64.b64encode(np.ascontiguousarray(whole).tobytes()).decode("ascii")


def _rounded(points: Iterable[Sequence[float]]) -> list[list[float]]:
    return [[round(float(p[0]), 3), round(float(p[1]), 3)] for p in points]


def _rings(shape: Any) -> list[list[list[float]]]:
    """Outlines of an area, holes too."""
    polygons = [p for p in getattr(shape, "geoms", (shape,)) if p.geom_type == "Polygon"]
    return [_rounded(ring.coords[:-1]) for p in polygons for ring in (p.exterior, *p.interiors)]


def _plan(line: Line, moves: Moves | None) -> list[dict[str, Any]]:
    """What stands still, from below to above."""
    drawn = [{"rings": [_rounded(line.floor.boundary)], "fill": "#ffffff", "edge": "#39424e", "width": 2.6}]
    for areas, kind in ((line.floor.keep_clear, "keep clear"), (line.floor.obstacles, "obstacle")):
        drawn += [_shape([_rounded(area.polygon)], kind) for area in areas.values()]
    for name, belt in line.belts.items():
        band = geometry.band(geometry.belt_path(line, name, moves), belt.width_m)
        drawn.append(_shape(_rings(band), "belt"))
    for station in line.stations.values():
        drawn.append(_shape(_rings(geometry.outline(station)), role(station)) | _named(station))
        drawn += [
            {"rings": [_rounded(edge)], "edge": STYLE[role(station)]["edgecolor"], "width": 3.2}
            for edge in geometry.front_edges(station)
        ]
    drawn += [_shape(_rings(geometry.outline(arm)), "robot") for arm in line.arms.values()]
    return drawn


def _shape(rings: list[list[list[float]]], kind: str) -> dict[str, Any]:
    style = STYLE[kind]
    fill = style["facecolor"] if isinstance(style["facecolor"], str) else "rgba(242,184,26,.10)"
    return {"rings": rings, "fill": fill, "edge": style["edgecolor"], "width": style["linewidth"]}


def _named(thing: Station | Arm) -> dict[str, Any]:
    shape = geometry.outline(thing)
    middle = shape.representative_point() if not shape.contains(shape.centroid) else shape.centroid
    x0, _, x1, _ = shape.bounds
    return {"name": thing.name, "at": [round(middle.x, 3), round(middle.y, 3)], "wide": round(x1 - x0, 3)}


def _arm(arm: Arm, angles: Sequence[Array], code: _Code) -> dict[str, Any]:
    """The arm's joints and its tool seen from above, in each frame; those that lie on another are one."""
    base = arm.pose.matrix()
    points = np.array([_joints(arm, q) for q in angles]) @ base[:2, :3].T + base[:2, 3]
    far = [0]
    for k in range(1, points.shape[1]):
        if np.abs(points[:, k] - points[:, far[-1]]).max() > 0.02:
            far.append(k)
    return {"name": arm.name, "n": len(far), "d": code.points(points[:, far])}


def _joints(arm: Arm, q: Array) -> Array:
    """(dof + 2, 3) float (m): the base's foot, the joints, the tool centre point, in the base frame."""
    chain = chain_of(arm.model)
    frame, points = np.eye(4), [np.zeros(3)]
    for link, slides, angle in zip(chain.links, (*chain.slides, False), (*q, 0.0), strict=True):
        frame = frame @ link
        points.append(frame[:3, 3].copy())
        step = np.eye(4)
        if slides:
            step[2, 3] = angle
        else:
            c, s = math.cos(angle), math.sin(angle)
            step[:2, :2] = [[c, -s], [s, c]]
        frame = frame @ step
    return np.array(points)


def _door(station: Station, positions: Sequence[Array], code: _Code) -> dict[str, Any]:
    """A machine's moving pieces seen from above: outlines of each position that occurs, whether they stand as for work
    (one that is lifted shows no other way), and which one when."""
    work = np.asarray(station.model.position("work"), dtype=float)
    known: dict[tuple[int, ...], int] = {}
    shut = []
    outlines: list[list[str]] = []
    which = []
    for q in positions:
        key = tuple(round(float(value) / _DOOR) for value in q)
        if key not in known:
            known[key] = len(outlines)
            pieces = moving_pieces(station.model, [value * _DOOR for value in key])
            hulls = [shapely.MultiPoint(station.pose.apply(piece)[:, :2]).convex_hull for piece in pieces]
            rings = [np.asarray(hull.exterior.coords[:-1]) for hull in hulls if hull.geom_type == "Polygon"]
            shut.append(bool(np.abs(np.array(key) * _DOOR - work).max() < 2 * _DOOR))
            outlines.append([code.points(ring) for ring in rings])
        which.append(known[key])
    return {"name": station.name, "outlines": outlines, "shut": shut, "d": _packed(np.array(which, dtype=float))}


def _cart(line: Line, name: str, places: Sequence[Array], code: _Code) -> dict[str, Any]:
    fleet = next(f for f in line.fleets.values() if name == f.name or name in f.members)
    rows = np.array(places, dtype=float)
    turn = np.unwrap(rows[:, 2])
    return {"name": name, "outline": _rounded(fleet.model.footprint_m), "d": code.points(rows[:, :2]),
            "turn": _turns(turn)}  # fmt: skip


def _turns(angles: Array) -> str:
    """Angles (n,) (rad) as text: between -pi and pi."""
    return _packed(((angles + math.pi) % (2 * math.pi) - math.pi) / _TURN)


class _Outlines:
    """Outlines of parts from above: one for each product and way it is tilted, about its own frame, not turned."""

    def __init__(self, line: Line, products: Sequence[str]) -> None:
        self.shapes: list[list[list[float]]] = []
        self._points = [_points(line, product) for product in products]
        self._known: dict[tuple[int, bytes], int] = {}

    def of(self, product: int, tilt: Array) -> int:
        """Which one a product has that is tilted so, (3, 3)."""
        key = product, np.rint(tilt / _TILT).astype(np.int8).tobytes()
        if key not in self._known:
            self._known[key] = len(self.shapes)
            hull = shapely.MultiPoint((self._points[product] @ tilt.T)[:, :2]).convex_hull
            self.shapes.append(_rounded(hull.buffer(1e-3, join_style="mitre").exterior.coords[:-1]))
        return self._known[key]


def _points(line: Line, product: str) -> Array:
    known = line.products.get(product)
    if known is None:
        return np.array([[-0.1, -0.1, 0.0], [0.1, -0.1, 0.0], [0.1, 0.1, 0.1], [-0.1, 0.1, 0.1]])
    return np.concatenate(hull_pieces(known.model.hulls))


def _tilted(turn: Sequence[float]) -> tuple[float, Array]:
    """A quaternion (x, y, z, w) as a tilt (3, 3) and what it is turned by about the vertical after it (rad)."""
    x, y, z, w = np.asarray(turn, dtype=float) / np.linalg.norm(turn)
    rotation = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    flat = math.hypot(rotation[0, 0], rotation[1, 0]) > 0.5
    yaw = math.atan2(rotation[1, 0], rotation[0, 0]) if flat else math.atan2(-rotation[0, 1], rotation[1, 1])
    c, s = math.cos(yaw), math.sin(yaw)
    return yaw, np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ rotation


def _parts(frames: Sequence[Frame], products: Sequence[str], outlines: _Outlines, code: _Code) -> list[dict[str, Any]]:
    """Each part's stays in the pictures: its product, its first frame, then place, turn and outline."""
    open_: dict[int, tuple[int, str, list[tuple[float, ...]]]] = {}
    done = []
    for number, frame in enumerate(frames):
        for part in [part for part in open_ if part not in frame.parts or frame.parts[part].product != open_[part][1]]:
            done.append(open_.pop(part))
        for part, found in frame.parts.items():
            yaw, tilt = _tilted(found.turn)
            shape = outlines.of(products.index(found.product), tilt)
            open_.setdefault(part, (number, found.product, []))[2].append((*found.at_m[:2], yaw, shape))
    stays = []
    for first, product, rows in sorted((*done, *open_.values()), key=lambda stay: stay[0]):
        table = np.array(rows)
        stays.append({"p": products.index(product), "f": first, "n": len(rows), "d": code.points(table[:, :2]),
                      "turn": _turns(table[:, 2]), "o": _packed(table[:, 3])})  # fmt: skip
    return stays


def _states(states: Mapping[str, Sequence[Sequence[Any]]], begin_s: float, end_s: float) -> dict[str, Any]:
    """What resources do, as far as a colour tells it: (from, to, colour) each."""
    return {
        name: [
            [round(start - begin_s, 2), round(end - begin_s, 2), canvas.STATE_COLOURS[state]]
            for start, end, state in rows
            if end > begin_s and start < end_s and state in SHOWN
        ]
        for name, rows in states.items()
    }
