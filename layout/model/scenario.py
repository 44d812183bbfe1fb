"""The scenario: what a person writes. Field names are the file's keys; units are read at the door.

Every class here is frozen and refuses unknown keys; its docstring is the reference page's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from layout.model.distribution import RandomTime
from layout.model.floor import Floor, Group, Pin, Place, Safety
from layout.model.library import Model
from layout.model.production import (
    Blocking,
    Buffer,
    Failure,
    People,
    Power,
    Quality,
    Shift,
    Source,
    Spec,
    read_source,
)
from layout.model.quantities import (
    Choose,
    Fraction,
    FreeCount,
    Horizon,
    Length,
    Level,
    Mass,
    Number,
    PositiveFraction,
    PositiveLength,
    Price,
    Range,
    Seconds,
    Triple,
    Weight,
)
from layout.model.transport import FreeRouting, Transport


def _warmup(value: object) -> object:
    return None if value == "auto" else value


class Time(Spec):
    """The simulated shift: horizon (warm-up included), warm-up, replications, seed and interval level.

    warmup : a time, or `auto` to find it by MSER-5
    replications : independent runs; 1 is one long run, its intervals from batch means
    until : go on with more of them until the throughput's interval is this narrow (half of it over the mean),
        at most `at_most`
    """

    horizon_s: Horizon = Field(default=8 * 3600.0, alias="horizon")
    warmup_s: Annotated[Seconds | None, BeforeValidator(_warmup, json_schema_input_type=Seconds | Literal["auto"])] = (
        Field(default=1800.0, alias="warmup")
    )
    replications: int = Field(default=10, ge=1, le=100_000)
    until: PositiveFraction | None = None
    at_most: int = Field(default=1000, ge=2, le=100_000)
    seed: int = Field(default=0, ge=0)
    level: Level = 0.95


class Product(Spec):
    """A product: its part model, mass, share of the mix, and its route of operations.

    `source` and `sink` name the machines where it enters and leaves; they may be left out where there is only one.
    `model` may be a mesh file of your own: then `mass` is needed, and `unit` and `up` are as for machines.
    components : operation -> product -> how many of it the operation joins to this one (assembly, loading a carrier)
    releases : operation -> product -> how many of it the operation parts from this one (disassembly, unloading)
    circulates : how many there are of a carrier that never leaves: it waits where it is joined, and goes back there
        by its route when it is released

    What is joined to another product ends there and has no sink; what is released begins there and has no source.
    """

    model: str
    unit: Literal["m", "mm", "cm", "in"] | None = None
    up: Literal["y", "z"] | None = None
    mass_kg: Mass | None = Field(default=None, alias="mass")
    share: PositiveFraction = 1.0
    route: tuple[str, ...] = ()
    components: Mapping[str, Mapping[str, Annotated[int, Field(ge=1, le=1000)]]] = {}
    releases: Mapping[str, Mapping[str, Annotated[int, Field(ge=1, le=1000)]]] = {}
    circulates: int | None = Field(default=None, ge=1, le=100_000)
    source: str | None = None
    sink: str | None = None


class Service(Spec):
    """Free floor beyond the footprint's box, at each side."""

    front: Length = 0.0
    back: Length = 0.0
    left: Length = 0.0
    right: Length = 0.0


class PortSpec(Spec):
    """A hand-over place of a machine, in its own frame (m; origin on the floor under the footprint's middle, front -y).

    by : what may hand over here
    at : the tool centre point while it holds the part here; for belts and vehicles the middle of the part's underside
    tool : unit vector the tool points along; retreat : from `at` to where tool and part are clear of the machine
    facing : unit vector, outwards: the side it is served from
    """

    kind: Literal["in", "out", "inout"]
    by: tuple[Literal["arm", "belt", "vehicle", "direct"], ...] = Field(min_length=1)
    at: Triple
    tool: tuple[Number, Number, Number] = (0.0, 0.0, -1.0)
    retreat: Triple = (0.0, 0.0, 0.3)
    facing: tuple[Number, Number] = (0.0, -1.0)


class Box(Spec):
    """A machine of which only the size is known: width along its x, depth along its y, height."""

    width_m: PositiveLength = Field(alias="width")
    depth_m: PositiveLength = Field(alias="depth")
    height_m: PositiveLength = Field(default=1.0, alias="height")


class Machine(Spec):
    """A machine or station on the floor.

    model : name in the library, a folder with a model.yaml, or a mesh file of your own (STL, OBJ, GLB, URDF)
    box : instead of a model: a plain box of this size
    unit : what the mesh file's numbers mean, where the guess is wrong: m, mm, cm or in
    up : the mesh file's axis that points up, where it is not z (GLB: y)
    ports, service : for mesh files, which have none; for library models they replace what the model says
    operations : operation -> product -> process time (one time for all products may be written straight away)
    count : how many stand there; each gets its own place ("mill 1", "mill 2")
    servers : parts it works on at once
    blocking : `after` service a part waits in the machine for room further on; `before` service it is not begun
        without; `repeat`: what finds no room is worked on again
    setup : time to change over from one product to another (for all changes, or from -> to -> time; not listed: none)
    batch : parts of one product in a row, as long as some wait, before it changes over
    quality : operation -> shares of scrap and rework
    inlets : places for each product that is joined to others here (if left out: twice what one operation needs)
    shift : when it works (always, if left out)
    price : of each copy, instead of the model's
    place : where it stands; members of a group have none
    """

    model: str = ""
    box: Box | None = None
    unit: Literal["m", "mm", "cm", "in"] | None = None
    up: Literal["y", "z"] | None = None
    ports: Mapping[str, PortSpec] = {}
    service: Service | None = None
    operations: Mapping[str, RandomTime | Mapping[str, RandomTime]] = {}
    count: FreeCount = 1
    servers: int = Field(default=1, ge=1, le=1000)
    buffer: Buffer = Buffer.model_construct()
    failures: Mapping[str, Failure] = {}
    blocking: Blocking = "after"
    setup: RandomTime | Mapping[str, Mapping[str, RandomTime]] | None = None
    batch: int = Field(default=1, ge=1, le=1_000_000)
    quality: Mapping[str, Quality] = {}
    inlets: Mapping[str, Annotated[int, Field(ge=1, le=1_000_000)]] = {}
    shift: str | None = None
    power: Power | None = None
    price: Price | None = None
    source: Annotated[
        Source | None, BeforeValidator(read_source, json_schema_input_type=Source | Literal["saturated"] | None)
    ] = None
    sink: bool = False
    place: Place | None = None


MEASURES: dict[str, str] = {
    "throughput": "good parts per hour",
    "lead_time": "s from entering to leaving",
    "wip": "parts in the line",
    "handling_distance": "m travelled for each good part",
    "handling_effort": "m per hour: trips of the `direct` transports x distance between the middles of their machines, "
    "along the floor's axes",
    "floor_area": "m2 of the box around everything",
    "energy": "kWh for each good part, where resources have a power",
    "scrap": "parts thrown away per hour, where an operation scraps any",
    "on_time": "share of the parts with a due time that leave by it",
    "tardiness": "s overdue on average, of the parts with a due time; 0 for what is in time",
    "investment": "price of all that stands there",
}
Measure = Literal[
    "throughput", "lead_time", "wip", "handling_distance", "handling_effort", "floor_area", "energy", "scrap",
    "on_time", "tardiness", "investment",
]  # fmt: skip
GEOMETRIC: tuple[str, ...] = ("handling_effort", "floor_area")
"""Measures that where things stand decides alone."""


class Objective(Spec):
    """One aim: `{maximize: throughput, tolerance: 1 %}`. The first decides; within its tolerance the next does.

    weight : of all of them or of none: the sum decides, of each as a share of what is most of it
    """

    maximize: Measure | None = None
    minimize: Measure | None = None
    tolerance: Fraction = 0.01
    weight: Weight | None = None

    @property
    def measure(self) -> str:
        """What is measured."""
        return self.maximize or self.minimize or ""

    @property
    def sign(self) -> float:
        """+1 to maximise, -1 to minimise."""
        return 1.0 if self.maximize else -1.0


class ScenarioSpec(Spec):
    """A scenario file.

    products : may be left out where all aims are geometric (`handling_effort`, `floor_area`): nothing is simulated then
    routing : operation -> which of the machines able to do it a part goes to (`shortest_queue`, if left out)
    groups : machines and arms that move as one
    pins : subject ("mill 1", an arm, a group) -> where it stands fast, whatever its place says
    """

    name: str = Field(min_length=1)
    description: str = ""
    time: Time = Time.model_construct()
    floor: Floor
    safety: Safety = Safety.model_construct()
    products: Mapping[str, Product] = {}
    machines: Mapping[str, Machine] = Field(min_length=1)
    transport: Mapping[str, Transport] = {}
    groups: Mapping[str, Group] = {}
    pins: Mapping[str, Pin] = {}
    people: Mapping[str, People] = {}
    shifts: Mapping[str, Shift] = {}
    routing: Mapping[str, FreeRouting] = {}
    objectives: tuple[Objective, ...] = (Objective.model_construct(maximize="throughput"),)
    start: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def geometric(self) -> bool:
        """Whether every aim is decided by where things stand, so that nothing needs to be simulated."""
        return all(aim.measure in GEOMETRIC for aim in self.objectives)


@dataclass(frozen=True)
class Variable:
    """A design variable: `subject.field` (such as "mill 1.x"), what it may be, in SI and radians."""

    name: str
    domain: Choose[Any] | Range
    subject: str
    field: str


@dataclass(frozen=True)
class Scenario:
    """A scenario that has been read, checked and joined with the models it names.

    models : library model by the name the scenario uses
    variables : every design variable, in the file's order
    start : the values of the hand-made start layout, if the file gives one
    path : the file it came from
    digest : hash of the file and of everything it loads
    """

    spec: ScenarioSpec
    models: Mapping[str, Model]
    variables: tuple[Variable, ...]
    start: Mapping[str, Any] | None
    path: Path
    digest: str

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.spec.name
