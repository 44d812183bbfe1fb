"""What moves parts, as a person writes it: arms, vehicles, belts, and hand-overs by nobody in particular."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from layout.model.floor import Place
from layout.model.production import (
    Battery,
    Power,
    Spec,
)
from layout.model.quantities import (
    Acceleration,
    Choose,
    FreeCount,
    FreeSpeed,
    Mass,
    Number,
    PositiveFraction,
    PositiveLength,
    Price,
    Seconds,
    Speed,
    choice_schema,
    free,
)

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
