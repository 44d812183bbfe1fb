"""The scenario: what a person writes. Field names are the file's keys; units are read at the door.

Every class here is frozen and refuses unknown keys; its docstring is the reference page's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from layout.model.distribution import RandomTime
from layout.model.library import Model
from layout.model.production import (
    Battery,
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
    Acceleration,
    Angle,
    Choose,
    Fraction,
    FreeAxis,
    FreeCount,
    FreeFlag,
    FreeSpeed,
    FreeYaw,
    Horizon,
    Length,
    Level,
    Mass,
    Metres,
    Number,
    PositiveFraction,
    PositiveLength,
    Price,
    Range,
    Seconds,
    Speed,
    Triple,
    Weight,
    choice_schema,
    free,
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


DISPATCH_RULES: tuple[str, ...] = ("first_come", "nearest", "longest_waiting", "pull", "cycle")
ROUTING_RULES: tuple[str, ...] = ("shortest_queue", "first_free", "round_robin")


def _one_of(value: object, rules: tuple[str, ...]) -> str:
    if value not in rules:
        raise ValueError(f"must be one of {', '.join(rules)}")
    return str(value)


FreeDispatch = Annotated[
    str | Choose[str],
    BeforeValidator(lambda value: free(lambda one: _one_of(one, DISPATCH_RULES), value, ranges=False)),
    WithJsonSchema(choice_schema({"enum": list(DISPATCH_RULES)})),
]
FreeRouting = Annotated[
    str | Choose[str],
    BeforeValidator(lambda value: free(lambda one: _one_of(one, ROUTING_RULES), value, ranges=False)),
    WithJsonSchema(choice_schema({"enum": list(ROUTING_RULES)})),
]


class LinearAxis(Spec):
    """A rail that carries an arm along the arm's own x axis: how far, how fast."""

    length_m: PositiveLength = Field(alias="length")
    speed_m_s: Speed = Field(default=1.5, alias="speed")
    acceleration_m_s2: Acceleration = Field(default=1.0, alias="acceleration")


class Robot(Spec):
    """An arm that serves ports: it carries one part at a time between the machines it serves.

    model : arm in the library, a folder with a model.yaml, or a URDF of your own: a path, or package://name/path
    tip, payload : for URDFs, which say neither: the link that carries the tool, and what it carries, tool included
    tool : gripper in the library, instead of the arm's own
    rail : a linear axis under the arm
    speed : fraction of the rated joint speeds and accelerations' square it runs at (programme override)
    dispatch : which waiting part it takes next; `cycle`: from the machines of `cycle` in turn, waiting at each
    price : with tool and rail, instead of the model's and its tool's
    place : where it stands; members of a group have none
    """

    kind: Literal["robot"]
    model: str
    tip: str | None = None
    payload_kg: Mass | None = Field(default=None, alias="payload")
    tool: str | None = None
    rail: LinearAxis | None = None
    serves: tuple[str, ...] = Field(min_length=2)
    dispatch: FreeDispatch = "first_come"
    cycle: tuple[str, ...] = ()
    speed: PositiveFraction = 1.0
    power: Power | None = None
    price: Price | None = None
    place: Place | None = None


class Vehicle(Spec):
    """A fleet of automated vehicles: each carries one part at a time between the machines that the fleet serves.

    fleet : how many; speed, acceleration : instead of the model's own; dispatch : which waiting part is fetched next
    parking : machine where a vehicle without a task goes (it stays where it is, if left out)
    price : of each vehicle, instead of the model's
    """

    kind: Literal["vehicle"]
    model: str
    serves: tuple[str, ...] = Field(min_length=2)
    fleet: FreeCount = 1
    speed_m_s: FreeSpeed | None = Field(default=None, alias="speed")
    acceleration_m_s2: Acceleration | None = Field(default=None, alias="acceleration")
    dispatch: FreeDispatch = "first_come"
    cycle: tuple[str, ...] = ()
    parking: str | None = None
    battery: Battery | None = None
    power: Power | None = None
    price: Price | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """Machines where its vehicles dock, for whatever reason."""
        parking = () if self.parking is None else (self.parking,)
        charger = () if self.battery is None else (self.battery.charger,)
        return tuple(dict.fromkeys((*self.serves, *parking, *charger)))


class Conveyor(Spec):
    """A belt from one machine's belt port to another's: accumulating, with speed, pitch between parts, and width.

    price : of each belt; price_per_m : and for each metre it is long
    """

    kind: Literal["conveyor"]
    from_: str = Field(alias="from")
    to: str
    speed_m_s: FreeSpeed = Field(default=0.3, alias="speed")
    pitch_m: PositiveLength = Field(default=0.4, alias="pitch")
    width_m: PositiveLength = Field(default=0.4, alias="width")
    power: Power | None = None
    price: Price = 0.0
    price_per_m: Price = 0.0


class Direct(Spec):
    """Parts pass in a fixed time, by nobody in particular (a chute, a hand-over, an old line's figure).

    trips : how often a way is made between the two machines (per hour), in both directions together: what the
        objective `handling_effort` counts; shared evenly among their copies
    """

    kind: Literal["direct"]
    from_: str = Field(alias="from")
    to: str
    time_s: Seconds = Field(default=0.0, alias="time")
    trips_per_h: Annotated[Number, Field(ge=0)] | None = Field(default=None, alias="trips")


Transport = Annotated[Robot | Conveyor | Vehicle | Direct, Field(discriminator="kind")]

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
