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
    by : what may hand over here: arm, belt, vehicle, direct
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
class Axis:
    """One driven axis of a machine, such as its door: rad, rad/s, rad/s^2 (m, m/s, m/s^2 where prismatic).

    link : the URDF's link that it moves
    parent : index of the axis whose link carries this one, -1 where that is the machine's body
    origin : (4, 4) transform from the parent's frame (the machine's frame) to the axis at 0
    """

    name: str
    link: str
    parent: int
    origin: tuple[tuple[float, ...], ...]
    axis: Point3
    lower: float
    upper: float
    speed: float
    acceleration: float
    prismatic: bool = True


@dataclass(frozen=True)
class MachineModel:
    """A machine or station: its shape, its footprint, the free floor it needs, its ports, its moving axes.

    footprint_m : polygon, counter-clockwise, machine frame, front towards -y
    service_m : free floor beyond the footprint's bounding box, by side
    visual, hulls : mesh files of the body that stands still (m, z up; hulls: convex pieces)
    urdf : what moves (doors, rams): a root link at the machine's origin, and a link for each axis
    programs : named positions of the axes, "load" while parts are handed over and "work" while it works
    is_box : the hull is the box over the footprint, so that the plan tells all there is to tell
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
    urdf: Path | None = None
    axes: tuple[Axis, ...] = ()
    programs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    is_box: bool = False
    price: float = 0.0

    def position(self, program: str) -> tuple[float, ...]:
        """Where each axis stands in a program; an axis that it does not name stays at its lower end."""
        named = self.programs.get(program, {})
        return tuple(named.get(axis.name, axis.lower) for axis in self.axes)

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
class Inertia:
    """A rigid body's mass and how it is spread.

    centre_m : centre of mass in the body's frame; tensor : (3, 3) kg m^2 about it, axes of the body's frame
    """

    mass_kg: float
    centre_m: Point3
    tensor: tuple[Point3, Point3, Point3]


@dataclass(frozen=True)
class Hold:
    """How a tool holds a part: jaws that press with a force (N) from each side, or a face that sucks with it.

    What it takes to lose the part: `layout.rollout.grip`.
    """

    force_n: float
    by: Literal["jaws", "suction"]


@dataclass(frozen=True)
class ToolModel:
    """A gripper: its frame is the arm's tip frame, z away from the flange.

    tcp_m : tool centre point; mass_kg : without a part; grip_s : time to close, and to open
    hold : what it can hold, None where nobody says
    """

    name: str
    description: str
    visual: Path
    hulls: Path
    mass_kg: float
    tcp_m: Point3
    grip_s: float
    source: str = ""
    hold: Hold | None = None
    price: float = 0.0


@dataclass(frozen=True)
class Rail:
    """A linear axis that carries an arm along its own x, from -length_m / 2 to length_m / 2."""

    length_m: float
    speed_m_s: float
    acceleration_m_s2: float


@dataclass(frozen=True)
class ArmModel:
    """A robot arm: its chain from the base frame on the floor to the tool centre point.

    joints : driven joints from base to tip; `origin` is (4, 4), from the joint before (fixed links folded in)
    flange : (4, 4) transform from the last joint's frame to the tip frame: the tip link's, moved by `seat_m` to the
        face that a tool is bolted to
    mount_m : height of the pedestal that the base link stands on; the chain starts on the floor below it
    tcp_m : tool centre point in the tip frame; tool z points away from the flange
    tool : the gripper it carries, None where the URDF holds one or it has none
    rail : the linear axis it rides on: then `joints` begin with it, and the footprint is the rail's
    inertias : of the base, then of what each joint carries up to the next, in the joint's frame (`origin`, then the
        joint's motion), without the tool; empty where the URDF does not say
    accelerations : whether the joints' hold at the rated payload, or whatever the arm carries
    hold : what its gripper, or its tool, can hold, None where nobody says (see `equip.hold_of`)
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
    tool: ToolModel | None = None
    rail: Rail | None = None
    inertias: tuple[Inertia, ...] = ()
    seat_m: Point3 = (0.0, 0.0, 0.0)
    accelerations: Literal["rated", "fixed"] = "rated"
    hold: Hold | None = None
    price: float = 0.0


@dataclass(frozen=True)
class VehicleModel:
    """An automated vehicle: its frame lies on the floor under its middle, it drives towards +x.

    footprint_m : polygon, counter-clockwise
    turn_rad_s : how fast it turns on the spot
    dock_s : fine positioning at a port; handover_s : taking a part over, or giving it away
    deck_m : centre of the part's underside while it rides
    """

    name: str
    description: str
    visual: Path
    hulls: Path
    height_m: float
    footprint_m: tuple[Point2, ...]
    speed_m_s: float
    acceleration_m_s2: float
    turn_rad_s: float
    dock_s: float
    handover_s: float
    payload_kg: float
    deck_m: Point3 = (0.0, 0.0, 0.0)
    source: str = ""
    price: float = 0.0


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


Model = MachineModel | ArmModel | ToolModel | VehicleModel | PartModel
