"""The format of a library model's model.yaml: what docs/model-yaml.md says, as pydantic classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from layout.model.quantities import Length, Mass, Metres, PositiveLength, Seconds
from layout.model.scenario import Polygon, Spec

Number = Annotated[float, Field(allow_inf_nan=False)]
Triple = tuple[Metres, Metres, Metres]


class Service(Spec):
    """Free floor beyond the footprint's box, at each side."""

    front: Length = 0.0
    back: Length = 0.0
    left: Length = 0.0
    right: Length = 0.0


class PortFile(Spec):
    """A hand-over place of a machine."""

    kind: Literal["in", "out", "inout"]
    by: tuple[Literal["arm", "belt", "direct"], ...] = Field(min_length=1)
    at: Triple
    tool: tuple[Number, Number, Number] = (0.0, 0.0, -1.0)
    retreat: Triple = (0.0, 0.0, 0.3)
    facing: tuple[Number, Number] = (0.0, -1.0)


class ModelFile(Spec):
    """What every model has."""

    name: str = Field(min_length=1)
    description: str = ""
    source: str = ""


class MachineFile(ModelFile):
    """A machine or station."""

    kind: Literal["machine"]
    visual: str
    hulls: str
    footprint: Polygon
    service: Service = Service()
    ports: Mapping[str, PortFile] = {}


class JointFile(Spec):
    """What replaces the URDF's figures of one joint: degrees (mm where prismatic) and seconds."""

    lower: Number | None = None
    upper: Number | None = None
    speed: Number | None = Field(default=None, gt=0)
    acceleration: Number | None = Field(default=None, gt=0)
    jerk: Number | None = Field(default=None, gt=0)


class ArmFile(ModelFile):
    """A robot arm."""

    kind: Literal["arm"]
    urdf: str
    base: str
    tip: str
    mount_m: Length = Field(default=0.0, alias="mount")
    tcp: Triple = (0.0, 0.0, 0.0)
    footprint: Polygon
    service: Service = Service()
    payload_kg: Mass = Field(alias="payload")
    reach_m: PositiveLength = Field(alias="reach")
    tool_mass_kg: Mass = Field(default=0.0, alias="tool_mass")
    grip_s: Seconds = Field(default=0.5, alias="grip")
    home: tuple[Number, ...] = Field(min_length=1)
    joints: Mapping[str, JointFile] = {}


class PartFile(ModelFile):
    """A part or product."""

    kind: Literal["part"]
    visual: str
    hulls: str
    mass_kg: Mass = Field(alias="mass")
    friction: Number = Field(default=0.5, ge=0, le=5)
    grasp: Triple = (0.0, 0.0, 0.0)


FORMATS: dict[str, type[MachineFile] | type[ArmFile] | type[PartFile]] = {
    "machine": MachineFile,
    "arm": ArmFile,
    "part": PartFile,
}
