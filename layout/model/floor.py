"""The floor as a person writes it: its boundary, what stands there, what must stay free, and places on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from layout.model.production import (
    Spec,
)
from layout.model.quantities import (
    Angle,
    FreeAxis,
    FreeFlag,
    FreeYaw,
    Length,
    Metres,
    PositiveLength,
    Seconds,
    Speed,
)

Polygon = Annotated[tuple[tuple[Metres, Metres], ...], Field(min_length=3)]


class Area(Spec):
    """A named part of the floor: a polygon in metres; `height` for what stands there."""

    polygon: Polygon
    height_m: PositiveLength = Field(default=3.0, alias="height")


FENCE_THICKNESS_M = 0.05
"""Posts and mesh panels of guard fences: 40 to 60 mm."""


class Fence(Spec):
    """A guard fence along a line of points (m): nothing stands in it, no arm reaches through, people walk round it."""

    line: tuple[tuple[Metres, Metres], ...] = Field(min_length=2)
    height_m: PositiveLength = Field(default=2.0, alias="height")


class Walkways(Spec):
    """Ways for people: each operator side (a front with service floor) is joined to an exit by a free way this wide."""

    width_m: PositiveLength = Field(default=0.8, alias="width")
    exits: Mapping[str, tuple[Metres, Metres]] = Field(min_length=1)


class Detection(Spec):
    """A line (m) at which people are seen, such as a light curtain; ISO 13855: arms keep S = K T + C away from it.

    approach : K, how fast people come; stopping : T, from detection to standstill; intrusion : C, how far they reach in
    """

    line: tuple[tuple[Metres, Metres], ...] = Field(min_length=2)
    approach_m_s: Speed = Field(default=1.6, alias="approach")
    stopping_s: Seconds = Field(alias="stopping")
    intrusion_m: Length = Field(default=0.85, alias="intrusion")


class Safety(Spec):
    """Figures to check against; meeting them is no proof of conformity.

    gap : least gap between what moves by power and what stands, where people may get (ISO 13854: 500 mm for a body)
    detection : places where people are detected, for the separation distance of ISO 13855
    """

    gap_m: Length | None = Field(default=None, alias="gap")
    detection: Mapping[str, Detection] = {}


class Floor(Spec):
    """The floor: its boundary, what stands on it, what must stay free, and the gap wanted between machines."""

    boundary: Polygon
    obstacles: Mapping[str, Area] = {}
    keep_clear: Mapping[str, Area] = {}
    fences: Mapping[str, Fence] = {}
    walkways: Walkways | None = None
    clearance_m: Length = Field(default=0.1, alias="clearance")


class Place(Spec):
    """Where it stands: x, y (m), yaw (degrees). `x: [1, 8]` and `yaw: [0, 90, 180, 270]` let the search choose."""

    x: FreeAxis
    y: FreeAxis
    yaw: FreeYaw = 0.0


class Pin(Spec):
    """Where one subject stands fast: x, y (m), yaw (degrees), whatever its own place says."""

    x: Metres
    y: Metres
    yaw: Angle = 0.0


class Member(Spec):
    """A member's place in its group's frame: x, y (m), yaw (degrees).

    mirrors : another member; it stands as that one does, mirrored about the group's y axis
    """

    x: Metres = 0.0
    y: Metres = 0.0
    yaw: Angle = 0.0
    mirrors: str | None = None


class Group(Spec):
    """Machines and arms that move as one: a cell, a row, a symmetric pair. They have no place of their own.

    members : by name ("mill", "mill 2", an arm), each with its place in the group's frame
    row : instead, names of those that stand side by side along the group's x, facing its -y, `gap` between them
    mirror : whether the group is mirrored about its own y axis; {choose: [false, true]} lets the search choose
    place : of the group's frame
    """

    members: Mapping[str, Member] = {}
    row: tuple[str, ...] = ()
    gap_m: Length = Field(default=0.5, alias="gap")
    mirror: FreeFlag = False
    place: Place
