"""The format of a library model's model.yaml: what docs/model-yaml.md says, as pydantic classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from layout.model.floor import Polygon
from layout.model.production import Spec
from layout.model.quantities import (
    Acceleration,
    Force,
    Length,
    Mass,
    Number,
    PositiveLength,
    Price,
    Seconds,
    Speed,
    Triple,
)
from layout.model.scenario import PortSpec, Service


class AxisFile(Spec):
    """How fast a moving axis of a machine is: m/s and m/s^2 (degrees/s and degrees/s^2 where it turns)."""

    speed: Number = Field(gt=0)
    acceleration: Number = Field(gt=0)


class ModelFile(Spec):
    """What every model has."""

    name: str = Field(min_length=1)
    description: str = ""
    source: str = ""


class PricedFile(ModelFile):
    """What every model of a machine, arm, tool or vehicle has. price : in whatever currency scenarios count"""

    price: Price = 0.0


class MachineFile(PricedFile):
    """A machine or station."""

    kind: Literal["machine"]
    visual: str
    hulls: str
    footprint: Polygon
    service: Service = Service()
    ports: Mapping[str, PortSpec] = {}
    urdf: str | None = None
    axes: Mapping[str, AxisFile] = {}
    programs: Mapping[Literal["load", "work"], Mapping[str, Number]] = {}


class JointFile(Spec):
    """What replaces the URDF's figures of one joint: degrees (mm where prismatic) and seconds."""

    lower: Number | None = None
    upper: Number | None = None
    speed: Number | None = Field(default=None, gt=0)
    acceleration: Number | None = Field(default=None, gt=0)
    jerk: Number | None = Field(default=None, gt=0)


class HoldFile(Spec):
    """What a gripper can hold: the force of each jaw, or of the whole suction face."""

    force_n: Force = Field(alias="force")
    by: Literal["jaws", "suction"]


class ArmFile(PricedFile):
    """A robot arm."""

    kind: Literal["arm"]
    urdf: str
    base: str
    tip: str
    flange: Triple = (0.0, 0.0, 0.0)
    mount_m: Length = Field(default=0.0, alias="mount")
    tcp: Triple = (0.0, 0.0, 0.0)
    footprint: Polygon
    service: Service = Service()
    payload_kg: Mass = Field(alias="payload")
    reach_m: PositiveLength = Field(alias="reach")
    tool_mass_kg: Mass = Field(default=0.0, alias="tool_mass")
    grip_s: Seconds = Field(default=0.5, alias="grip")
    home: tuple[Number, ...] = Field(min_length=1)
    accelerations: Literal["rated", "fixed"] = "rated"
    joints: Mapping[str, JointFile] = {}
    tool: str | None = None
    hold: HoldFile | None = None


class ToolFile(PricedFile):
    """A gripper."""

    kind: Literal["tool"]
    visual: str
    hulls: str
    mass_kg: Mass = Field(alias="mass")
    tcp: Triple
    grip_s: Seconds = Field(default=0.5, alias="grip")
    hold: HoldFile | None = None


class VehicleFile(PricedFile):
    """An automated vehicle."""

    kind: Literal["vehicle"]
    visual: str
    hulls: str
    footprint: Polygon
    speed_m_s: Speed = Field(alias="speed")
    acceleration_m_s2: Acceleration = Field(alias="acceleration")
    turn: Number = Field(default=60.0, gt=0)
    dock_s: Seconds = Field(default=4.0, alias="dock")
    handover_s: Seconds = Field(default=8.0, alias="handover")
    payload_kg: Mass = Field(alias="payload")
    deck: Triple


class PartFile(ModelFile):
    """A part or product."""

    kind: Literal["part"]
    visual: str
    hulls: str
    mass_kg: Mass = Field(alias="mass")
    friction: Number = Field(default=0.5, ge=0, le=5)
    grasp: Triple = (0.0, 0.0, 0.0)


FORMATS: dict[str, type[MachineFile | ArmFile | ToolFile | VehicleFile | PartFile]] = {
    "machine": MachineFile,
    "arm": ArmFile,
    "tool": ToolFile,
    "vehicle": VehicleFile,
    "part": PartFile,
}
