"""Where parts stand in stations: the one at a port is a body that stands in the way, all others are in the magazine.

Models give machines ports, but no shape to what lies behind them: a chuck, a buffer, a store. So one part of a station
stands at a port, clamped, and the rest are out of the world. Before a hand-over its port is made ready: the part that
is to be taken stands there, or nothing does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from layout.model.line import Line, LineProduct, Station
from layout.model.pose import Array
from layout.scene.physics.parts import Part
from layout.scene.physics.world import World

Vector = Sequence[float]
By = Literal["arm", "belt", "vehicle", "direct"]
Way = Literal["in", "out"]


@dataclass(eq=False)
class _Held:
    """A part in a station: the port at which it stands (empty: in the magazine), or stood last, and its pose there."""

    part: Part
    port: str
    at_m: Vector
    turn: Vector
    shown: bool


class Stands:
    """The parts that stations hold, by their numbers."""

    def __init__(self, line: Line, world: World) -> None:
        self._line = line
        self._world = world
        self._held: dict[int, _Held] = {}
        self._at: dict[tuple[str, str], int] = {}
        self._where: dict[int, str] = {}

    def holds(self, number: int) -> bool:
        """Whether a station has that part."""
        return number in self._held

    def numbers(self, station: str) -> list[int]:
        """Parts that a station has."""
        return [number for number, name in self._where.items() if name == station]

    def make(self, number: int, product: str, station: str) -> None:
        """A part comes into being in a station's magazine."""
        part = self._world.parts.take(self._line.products[product], number)
        self._held[number] = _Held(part, "", (), (), False)
        self._where[number] = station

    def take_in(self, part: Part, station: str, port: str = "") -> None:
        """A station takes a part over where it is, at one of its ports (empty: into the magazine)."""
        at, turn = part.pose()
        self._held[part.number] = held = _Held(part, port, at, turn, bool(port))
        self._where[part.number] = station
        if port:
            self._clear(station, port)
            self._at[station, port] = part.number
            part.clamp()
        else:
            held.at_m, held.turn = (), turn
            part.store()

    def at_hand(self, station: str) -> Part | None:
        """The part that stands where arms bring parts to a station, or take them; None where there is none."""
        for way in ("in", "out"):
            port = self._line.stations[station].model.port_for(way, "arm")
            number = self._at.get((station, port.name)) if port is not None else None
            if number is not None:
                return self._held[number].part
        return None

    def clear(self, station: str, way: Way, by: By) -> None:
        """Nothing stands at the port where a part is to come in."""
        port = self._line.stations[station].model.port_for(way, by)
        if port is not None:
            self._clear(station, port.name)

    def present(self, number: int, way: Way, by: By, led: bool = False) -> Part:
        """The part stands at its station's port for that transport, where it stood last or upright.

        led : nothing touches it there
        """
        held = self._held[number]
        station = self._line.stations[self._where[number]]
        port = station.model.port_for(way, by)
        name = port.name if port is not None else ""
        if held.shown and held.port == name:
            return held.part
        self._hide(number)
        self._clear(station.name, name)
        if held.port != name or not len(held.at_m):
            at, turn = resting(station, self._line.products[held.part.form.product], way, by)
            held.at_m, held.turn, held.port = at, turn if not len(held.turn) else held.turn, name
            if len(held.turn) and by == "arm":
                held.at_m = _gripped_at(station, held.part, port.at_m if port is not None else at, held.turn)
        (held.part.lead if led else held.part.clamp)(held.at_m, held.turn)
        held.shown = True
        self._at[station.name, name] = number
        return held.part

    def give(self, number: int) -> Part:
        """The part goes to whoever takes it: it is the station's no more."""
        held = self._held.pop(number)
        station = self._where.pop(number)
        if held.shown:
            del self._at[station, held.port]
        return held.part

    def move(self, number: int, station: str) -> None:
        """The part is in another station's magazine now, unless it is that station's already."""
        if self._where[number] != station:
            self.take_in(self.give(number), station)

    def remove(self, number: int) -> None:
        """The part is no more: it left, was scrapped, or became part of another."""
        self._world.parts.give_back(self.give(number))

    def _clear(self, station: str, port: str) -> None:
        number = self._at.get((station, port))
        if number is not None:
            self._hide(number)

    def _hide(self, number: int) -> None:
        held = self._held[number]
        if held.shown:
            del self._at[self._where[number], held.port]
            held.shown = False
            held.part.store()


def resting(station: Station, product: LineProduct, way: Way, by: By) -> tuple[Vector, Vector]:
    """Where a part stands upright at a station's port: position (m) and rotation (quaternion) of its frame.

    With an arm its grasp point is at the port; else its underside's middle is. Its x axis points along the port's way.
    """
    port = station.model.port_for(way, by)
    if port is None:
        return (station.pose.x_m, station.pose.y_m, 0.0), (0.0, 0.0, 0.0, 1.0)
    ((x, y, z),) = station.pose.apply([port.at_m])
    ((fx, fy),) = station.pose.turn([port.facing])
    yaw = math.atan2(fy, fx)
    turn = (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))
    gx, gy, gz = product.model.grasp_m if by == "arm" else (0.0, 0.0, 0.0)
    cos, sin = math.cos(yaw), math.sin(yaw)
    return (float(x - cos * gx + sin * gy), float(y - sin * gx - cos * gy), float(z - gz)), turn


def _gripped_at(station: Station, part: Part, at_m: Vector, turn: Vector) -> Vector:
    """Position of a part, turned as it is, whose grasp point is at a port."""
    from scipy.spatial.transform import Rotation

    point: Array = station.pose.apply([at_m])[0]
    grasp = Rotation.from_quat(turn).apply(part.form.model.grasp_m)
    return [float(a - b) for a, b in zip(point, grasp, strict=True)]
