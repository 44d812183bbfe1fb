"""How a machine produces, as a person writes it: failures, set-ups, quality, supply, people, shifts and power."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from layout.model.distribution import RandomTime
from layout.model.quantities import (
    Fraction,
    FreeBuffer,
    FreeCount,
    Horizon,
    PositiveFraction,
    PositiveTime,
    Seconds,
    Watts,
)


class Spec(BaseModel):
    """Base of everything a scenario file holds."""

    # defer_build: what reads a model is made when it is first used, not for every model at every start of a process.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True, defer_build=True
    )


class Failure(Spec):
    """A failure mode: time between failures on a clock (`operating` ages only while working), and repair time."""

    clock: Literal["operating", "calendar"] = "operating"
    between: RandomTime
    repair: RandomTime


class Buffer(Spec):
    """Waiting places before and after the machine, its own place left out."""

    in_: FreeBuffer = Field(default=0, alias="in")
    out: FreeBuffer = 0


class Order(Spec):
    """Parts that come together: when, which product, how many, and when they are due (times from the start)."""

    at_s: Seconds = Field(alias="at")
    product: str
    number: int = Field(default=1, ge=1, le=1_000_000)
    due_s: Seconds | None = Field(default=None, alias="due")


def read_source(value: object) -> object:
    """`saturated`, written as a word, is a source without arrivals."""
    if not (value is None or value == "saturated" or isinstance(value, Source) or (value and isinstance(value, dict))):
        raise ValueError(
            "must be 'saturated', {arrivals: <time between parts>} or {schedule: [...]}; "
            "a CSV file of orders is {schedule: orders.csv}"
        )
    return {"arrivals": None} if value == "saturated" else value


class Source(Spec):
    """Where parts enter: `saturated` (always one waiting), `{arrivals: <random time between parts>}` or
    `{schedule: [{at: 1 h, product: bracket, number: 20, due: 5 h}, ...]}`, or `{schedule: orders.csv}`, a CSV file
    with these columns.
    """

    arrivals: RandomTime | None = None
    schedule: tuple[Order, ...] = ()

    @property
    def saturated(self) -> bool:
        """Whether a part always waits."""
        return self.arrivals is None and not self.schedule


class Rework(Spec):
    """The share of parts that go back, and the operation of their route that they go back to."""

    share: PositiveFraction
    to: str


class Quality(Spec):
    """What comes of an operation: the share of parts that are scrapped there, and of those that are worked on again."""

    scrap: Fraction = 0.0
    rework: Rework | None = None


class Power(Spec):
    """Electric power (W) by what a resource does; what is left out takes that of `idle`, `off` none.

    working : on a part, or moving; idle : waiting, starved, blocked, empty; off : off shift
    """

    working_w: Watts = Field(alias="working")
    idle_w: Watts = Field(default=0.0, alias="idle")
    setup_w: Watts | None = Field(default=None, alias="setup")
    down_w: Watts | None = Field(default=None, alias="down")
    off_w: Watts = Field(default=0.0, alias="off")


class Shift(Spec):
    """When people and machines are at work: spans from the start of the simulation, repeated `every` so often."""

    on: tuple[tuple[Seconds, Seconds], ...] = Field(min_length=1)
    every_s: Horizon = Field(default=86400.0, alias="every")


class People(Spec):
    """People who tend machines, each one at a time.

    number : how many; runs : machines that work only with one of them there; repairs : machines they repair;
    sets_up : machines they set up; shift : when they are there (always, if left out)
    """

    number: FreeCount = 1
    runs: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    sets_up: tuple[str, ...] = ()
    shift: str | None = None


class Battery(Spec):
    """A vehicle's battery.

    lasts : time under way on one charge; charge : from empty to full; below : charge left at which it goes to charge
    charger : machine where it does, as many at once as that has servers
    """

    lasts_s: PositiveTime = Field(alias="lasts")
    charge_s: PositiveTime = Field(alias="charge")
    below: PositiveFraction = 0.2
    charger: str


Blocking = Literal["after", "before", "repeat"]
