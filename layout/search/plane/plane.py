"""Rectangles on a floor and the flow between them: the problem, and layouts of it, as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.model.library import MachineModel, Point2
from layout.model.places import own_places
from layout.model.pose import Array
from layout.model.quantities import Choose, Range
from layout.model.scenario import Machine, Scenario
from layout.model.transport import Direct

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plane:
    """n rectangles, of which some stand and the others are to be placed.

    size (n, 2) float (m): width and depth unturned; flow (n, n) float, symmetric, no diagonal
    turns (n,) bool: may be turned by 90 degrees; fixed (n,) bool: stands at `at` (n, 2) float (m), unturned
    box (4,) float (m): the floor's low x, low y, high x, high y; limits (n, 4) float (m): the same for each centre
    """

    size: Array
    flow: Array
    turns: NDArray[np.bool_]
    fixed: NDArray[np.bool_]
    at: Array
    box: Array
    limits: Array

    @classmethod
    def open(cls, size: Array, flow: Array) -> Plane:
        """Nothing fixed, all may be turned, a floor that keeps nothing out."""
        n, side = len(size), float(size.max(axis=1).sum())
        box = np.array([0.0, 0.0, 2 * side, 2 * side])
        return cls(
            np.array(size, dtype=float), _plain(flow), np.ones(n, bool), np.zeros(n, bool), np.zeros((n, 2)), box,
            np.tile(box, (n, 1)),
        )  # fmt: skip

    @property
    def free(self) -> bool:
        """Whether only the floor holds the rectangles: mirrored and shifted layouts are the same then."""
        low, high = self.limits[:, :2], self.limits[:, 2:]
        return not self.fixed.any() and bool((low <= self.box[:2]).all() and (high >= self.box[2:]).all())


def _plain(flow: Array) -> Array:
    plain = np.array(flow, dtype=float)
    np.fill_diagonal(plain, 0.0)
    return plain


@dataclass(frozen=True, eq=False)
class Placed:
    """A layout: at (n, 2) float (m) centres, turned (n,) int, 1 for a quarter turn; cost: flow x distance, summed."""

    at: Array
    turned: Ints
    cost: float


def cost_of(plane: Plane, at: Array) -> float:
    """Flow x rectilinear distance between centres, summed over pairs."""
    apart = np.abs(at[:, None] - at[None]).sum(axis=2)
    return float((plane.flow * apart).sum() / 2)


def extents(plane: Plane, turned: Ints) -> Array:
    """(n, 2) float (m): extent of each rectangle along x and y."""
    return np.where(turned[:, None] == 1, plane.size[:, ::-1], plane.size)


def worst_overlap_m(plane: Plane, placed: Placed) -> float:
    """The greatest overlap of two rectangles (m): the lesser of those along x and y; 0 where there is none."""
    half = extents(plane, placed.turned) / 2
    depth = (half[:, None] + half[None] - np.abs(placed.at[:, None] - placed.at[None])).min(axis=2)
    np.fill_diagonal(depth, 0.0)
    return max(float(depth.max()), 0.0)


def canonical(plane: Plane, placed: Placed) -> Placed:
    """The same layout in the middle of the floor, mirrored and transposed so that copies of it look alike."""
    if not plane.free:
        return placed
    half = extents(plane, placed.turned) / 2
    middle = ((placed.at - half).min(axis=0) + (placed.at + half).max(axis=0)) / 2
    at, turned = placed.at - middle, placed.turned
    square = np.ptp(plane.box[::2]) == np.ptp(plane.box[1::2])
    if square and plane.turns.all() and abs(at[0, 1]) > abs(at[0, 0]):
        at, turned = at[:, ::-1], 1 - turned
    sides = [next((float(np.sign(v)) for v in at[:, axis] if abs(v) > 1e-9), 1.0) for axis in (0, 1)]
    return Placed(-at * np.array(sides) + (plane.box[:2] + plane.box[2:]) / 2, turned.copy(), placed.cost)


class Terms:
    """A geometric scenario as a plane, where it is one: design variables to rectangles and back.

    names : of the stations, in the order of the plane's first rectangles
    """

    def __init__(self, plane: Plane, names: tuple[str, ...], yaws: tuple[tuple[float, float], ...], free: set[str]):
        self.plane, self.names = plane, names
        self._yaws, self._free = yaws, free

    def values(self, placed: Placed) -> dict[str, Any]:
        """Design variables of a layout."""
        found: dict[str, Any] = {}
        for i, name in enumerate(self.names):
            x, y = placed.at[i]
            fields = {"x": float(x), "y": float(y), "yaw": self._yaws[i][placed.turned[i]]}
            found |= {f"{name}.{field}": v for field, v in fields.items() if f"{name}.{field}" in self._free}
        return found

    def placed(self, values: Mapping[str, Any]) -> Placed:
        """The layout that design variables describe."""
        at, turned = self.plane.at.copy(), np.zeros(len(self.plane.size), np.int64)
        for i, name in enumerate(self.names):
            for axis, field in enumerate("xy"):
                at[i, axis] = values.get(f"{name}.{field}", at[i, axis])
            turned[i] = int(values.get(f"{name}.yaw", self._yaws[i][0]) != self._yaws[i][0])
        return Placed(at, turned, cost_of(self.plane, at))


def terms_of(scenario: Scenario) -> Terms | None:
    """A scenario's rectangles, if it has no more to it than that: the first aim is handling effort, every aim is
    geometric, machines are rectangles that stand square on a rectangular floor, and direct transports join them."""
    spec = scenario.spec
    corners = _rectangle(spec.floor.boundary)
    if not spec.geometric or spec.objectives[0].minimize != "handling_effort" or corners is None:
        return None
    if spec.safety.gap_m is not None or spec.safety.detection or spec.floor.fences or spec.floor.walkways:
        return None
    if not all(isinstance(transport, Direct) for transport in spec.transport.values()):
        return None
    found = [_machine(scenario, name, machine) for name, machine in spec.machines.items()]
    areas = [
        _rectangle(area.polygon) for kind in (spec.floor.obstacles, spec.floor.keep_clear) for area in kind.values()
    ]
    stands = [item for item in found if item is not None]
    blocks = [area for area in areas if area is not None]
    if len(stands) < len(found) or len(blocks) < len(areas):
        return None
    gap, k, n = spec.floor.clearance_m, len(stands), len(stands) + len(blocks)
    size, at, limits = np.zeros((n, 2)), np.zeros((n, 2)), np.zeros((n, 4))
    turns, fixed = np.zeros(n, bool), np.zeros(n, bool)
    for i, stand in enumerate(stands):
        size[i], turns[i] = stand.size, stand.yaws[0] != stand.yaws[1]
        at[i], fixed[i], limits[i] = stand.limits[:2], stand.fixed, stand.limits
    for i, (x0, y0, x1, y1) in enumerate(blocks, start=k):
        size[i], at[i], fixed[i] = (x1 - x0 - 2 * gap, y1 - y0 - 2 * gap), ((x0 + x1) / 2, (y0 + y1) / 2), True
        limits[i] = *at[i], *at[i]
    flow = np.zeros((n, n))
    order = {name: i for i, name in enumerate(spec.machines)}
    for transport in spec.transport.values():
        if isinstance(transport, Direct) and transport.trips_per_h is not None:
            a, b = order[transport.from_], order[transport.to]
            flow[a, b] += transport.trips_per_h
            flow[b, a] += transport.trips_per_h
    box = np.array(corners) + np.array([-gap, -gap, gap, gap]) / 2
    names = tuple(spec.machines)
    free = {variable.name for variable in scenario.variables}
    if {variable.subject for variable in scenario.variables} - set(names):
        return None
    plane = Plane(size + gap, _plain(flow), turns, fixed, at, box, limits)
    return Terms(plane, names, tuple(stand.yaws for stand in stands), free)


@dataclass(frozen=True)
class _Stand:
    """One machine: size unturned (m), yaw unturned and turned (rad), limits of its centre, whether it stays."""

    size: Point2
    yaws: tuple[float, float]
    limits: tuple[float, float, float, float]
    fixed: bool


def _machine(scenario: Scenario, name: str, machine: Machine) -> _Stand | None:
    model = scenario.models[machine.model]
    place = own_places(scenario.spec).get(name)  # None in a group
    if place is None or not isinstance(model, MachineModel) or machine.count != 1 or any(model.service_m.values()):
        return None
    outline = _rectangle(model.footprint_m)
    if outline is None or isinstance(place.yaw, Range) or isinstance(place.x, Choose) or isinstance(place.y, Choose):
        return None
    options = place.yaw.options if isinstance(place.yaw, Choose) else (place.yaw,)
    x0, y0, x1, y1 = outline
    if abs(x0 + x1) > 1e-9 or abs(y0 + y1) > 1e-9:
        return None
    quarters = [float(yaw) / (math.pi / 2) for yaw in options]
    if any(abs(quarter - round(quarter)) > 1e-9 for quarter in quarters):
        return None
    first, turned = float(options[0]), round(quarters[0]) % 2
    other = next((float(o) for o, q in zip(options, quarters, strict=True) if round(q) % 2 != turned), first)
    width, depth = x1 - x0, y1 - y0
    spans = [(v.low, v.high) if isinstance(v, Range) else (float(v), float(v)) for v in (place.x, place.y)]
    fixed = spans[0][0] == spans[0][1] and spans[1][0] == spans[1][1] and first == other
    return _Stand(
        (depth, width) if turned else (width, depth), (first, other),
        (spans[0][0], spans[1][0], spans[0][1], spans[1][1]), fixed,
    )  # fmt: skip


def _rectangle(ring: tuple[Point2, ...]) -> tuple[float, float, float, float] | None:
    """Low x, low y, high x, high y of a polygon that is a rectangle along the axes; None for any other."""
    points = np.asarray(ring, dtype=float)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    onto = ((points == (x0, y0)) | (points == (x1, y1))).all(axis=1)
    if len(points) != 4 or not onto.all() or len({tuple(point) for point in points.tolist()}) != 4:
        return None
    return float(x0), float(y0), float(x1), float(y1)
