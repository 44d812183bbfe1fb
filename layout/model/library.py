"""Models of the asset library: machines, arms and parts as they come from a vendor, before anyone places them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]

SIDES = ("front", "back", "left", "right")


@dataclass(frozen=True)
class Port:
    """A hand-over place of a machine, in the machine's frame (m).

    kind : which way parts pass: in, out or inout
    by : what may hand over here: arm, belt, direct
    at_m : tool centre point while it holds the part here; for belts the belt's centre line at its top surface
    tool : unit vector the tool points along at the hand-over (arms)
    retreat_m : from `at_m` to where tool and part are clear of the machine (arms)
    facing : unit vector, horizontal, outwards: the side it is served from
    """

    name: str
    kind: Literal["in", "out", "inout"]
    by: tuple[str, ...]
    at_m: Point3
    tool: Point3 = (0.0, 0.0, -1.0)
    retreat_m: Point3 = (0.0, 0.0, 0.3)
    facing: Point2 = (0.0, -1.0)

    def passes(self, way: Literal["in", "out"], by: str) -> bool:
        """Whether a transport of that kind may bring parts in (or take them out) here."""
        return self.kind in (way, "inout") and by in self.by


@dataclass(frozen=True)
class MachineModel:
    """A machine or station: its shape, its footprint, the free floor it needs, its ports.

    footprint_m : polygon, counter-clockwise, machine frame, front towards -y
    service_m : free floor beyond the footprint's bounding box, by side
    visual, hulls : mesh files (m, z up; hulls: convex pieces)
    """

    name: str
    description: str
    visual: Path
    hulls: Path
    height_m: float
    footprint_m: tuple[Point2, ...]
    service_m: Mapping[str, float]
    ports: Mapping[str, Port]
    source: str = ""

    def port_for(self, way: Literal["in", "out"], by: str) -> Port | None:
        """The first port through which such a transport can bring parts in or take them out."""
        return next((port for port in self.ports.values() if port.passes(way, by)), None)


@dataclass(frozen=True)
class Joint:
    """One driven joint of an arm: rad and rad/s (m and m/s where prismatic)."""

    name: str
    lower: float
    upper: float
    speed: float
    acceleration: float
    jerk: float
    origin: tuple[tuple[float, ...], ...]
    axis: Point3
    prismatic: bool = False


@dataclass(frozen=True)
class ArmModel:
    """A robot arm: its chain from the base frame on the floor to the tool centre point.

    joints : driven joints from base to tip; `origin` is (4, 4), from the joint before (fixed links folded in)
    flange : (4, 4) transform from the last joint's frame to the tip link
    mount_m : height of the pedestal that the base link stands on; the chain starts on the floor below it
    tcp_m : tool centre point in the tip frame; tool z points away from the flange
    """

    name: str
    description: str
    urdf: Path
    base: str
    tip: str
    joints: tuple[Joint, ...]
    flange: tuple[tuple[float, ...], ...]
    tcp_m: Point3
    home: tuple[float, ...]
    footprint_m: tuple[Point2, ...]
    service_m: Mapping[str, float]
    height_m: float
    payload_kg: float
    reach_m: float
    tool_mass_kg: float
    grip_s: float
    source: str = ""
    ports: Mapping[str, Port] = field(default_factory=dict)
    mount_m: float = 0.0


@dataclass(frozen=True)
class PartModel:
    """A part or product: shape, mass (kg), friction, and where a tool holds it (m, part frame)."""

    name: str
    description: str
    visual: Path
    hulls: Path
    mass_kg: float
    friction: float
    grasp_m: Point3
    source: str = ""


Model = MachineModel | ArmModel | PartModel
