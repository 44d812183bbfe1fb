"""One candidate, made concrete: every free value settled, every machine an instance with a pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from layout.model.distribution import Distribution
from layout.model.floor import Floor, Safety
from layout.model.library import ArmModel, MachineModel, PartModel, VehicleModel
from layout.model.pose import Pose
from layout.model.production import Battery, Failure, Order, Power, Quality, Shift
from layout.model.scenario import Objective, Time

Way = Literal["out", "in"]
WAYS: tuple[Way, Way] = ("out", "in")


@dataclass(frozen=True)
class Layout:
    """One candidate: the value of each design variable by name ("mill 1.x": 2.5), SI units and radians."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def key(self) -> tuple[tuple[str, Any], ...]:
        """The same for equal layouts, hashable."""
        return tuple(sorted(self.values.items()))


@dataclass(frozen=True)
class Station:
    """A machine that stands on the floor. Times by operation and product; buffers leave its own place out.

    arrivals : None where parts always wait (saturated source), come by schedule, or it is no source at all
    schedule : its orders, by time
    setup : from product -> to product -> time of the change-over; batch : parts of one product in a row
    inlets : product that is joined here -> places for it
    """

    name: str
    machine: str
    model: MachineModel
    pose: Pose
    operations: Mapping[str, Mapping[str, Distribution]]
    servers: int
    buffer_in: int
    buffer_out: int
    failures: Mapping[str, Failure]
    is_source: bool
    arrivals: Distribution | None
    is_sink: bool
    schedule: tuple[Order, ...] = ()
    blocking: str = "after"
    setup: Mapping[str, Mapping[str, Distribution]] = field(default_factory=dict)
    batch: int = 1
    quality: Mapping[str, Quality] = field(default_factory=dict)
    inlets: Mapping[str, int] = field(default_factory=dict)
    shift: Shift | None = None
    power: Power | None = None
    price: float = 0.0

    @property
    def saturated(self) -> bool:
        """Whether a part always waits to enter here."""
        return self.is_source and self.arrivals is None and not self.schedule


@dataclass(frozen=True)
class Arm:
    """A robot that stands on the floor and serves stations, by their names.

    ways : by station, how it passes parts there: "out" where it takes them away, "in" where it brings them; a station
        that is not named here is passed both ways, as far as it has ports for them
    cycle : stations it takes parts from in turn, where `dispatch` is "cycle"
    """

    name: str
    model: ArmModel
    pose: Pose
    serves: tuple[str, ...]
    dispatch: str
    speed: float
    ways: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    cycle: tuple[str, ...] = ()
    power: Power | None = None
    price: float = 0.0

    def ways_at(self, station: Station) -> tuple[Way, ...]:
        """How it passes parts at a station: nothing is brought to a source or taken from a sink."""
        ways = self.ways.get(station.name, WAYS)
        if station.is_source == station.is_sink:
            return ways
        return tuple(way for way in ways if way == ("out" if station.is_source else "in"))


@dataclass(frozen=True)
class Fleet:
    """Automated vehicles that serve stations, by their names; m/s, m/s^2; the price is that of each.

    parking : stations where vehicles without a task wait; chargers : stations where they charge
    """

    name: str
    model: VehicleModel
    units: int
    serves: tuple[str, ...]
    dispatch: str
    speed_m_s: float
    acceleration_m_s2: float
    cycle: tuple[str, ...] = ()
    parking: tuple[str, ...] = ()
    chargers: tuple[str, ...] = ()
    battery: Battery | None = None
    power: Power | None = None
    price: float = 0.0

    @property
    def stops(self) -> tuple[str, ...]:
        """Stations where vehicles dock, for whatever reason."""
        return tuple(dict.fromkeys((*self.serves, *self.parking, *self.chargers)))

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the vehicles: "carts 1", "carts 2", ..."""
        return tuple(f"{self.name} {i + 1}" for i in range(self.units))


@dataclass(frozen=True)
class Belt:
    """A conveyor from one station's belt port to another's; m, m/s."""

    name: str
    origin: str
    target: str
    speed_m_s: float
    pitch_m: float
    width_m: float
    power: Power | None = None
    price: float = 0.0
    price_per_m: float = 0.0


@dataclass(frozen=True)
class Link:
    """Parts pass from one station to another in a fixed time (s); trips_per_h : how often, where that is given."""

    name: str
    origin: str
    target: str
    time_s: float
    trips_per_h: float | None = None


@dataclass(frozen=True)
class Staff:
    """People who tend stations, one at a time each.

    runs, repairs, sets_up : stations that need one of them to work, to be repaired, to be set up
    """

    name: str
    number: int
    runs: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    sets_up: tuple[str, ...] = ()
    shift: Shift | None = None


@dataclass(frozen=True)
class LineProduct:
    """A product in this line.

    route : operations, from where it begins to where it ends
    sources : stations where it begins: sources, or those that release it
    sinks : stations where it ends: sinks, or those that join it to another
    components, releases : operation -> product -> how many are joined to it, parted from it
    joined : whether it ends by being joined to another product; released : whether it begins by being parted from one
    circulates : how many of it there are, where it is a carrier that never leaves; else 0
    """

    name: str
    model: PartModel
    mass_kg: float
    share: float
    route: tuple[str, ...]
    sources: tuple[str, ...]
    sinks: tuple[str, ...]
    components: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    releases: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    joined: bool = False
    released: bool = False
    circulates: int = 0


@dataclass(frozen=True)
class Line:
    """A production line that could be built: what every stage after the scenario works on.

    routing : operation -> rule by which a part chooses among the stations able to do it; "shortest_queue" if not here
    """

    name: str
    layout: Layout
    floor: Floor
    time: Time
    objectives: tuple[Objective, ...]
    products: Mapping[str, LineProduct]
    stations: Mapping[str, Station]
    arms: Mapping[str, Arm]
    belts: Mapping[str, Belt]
    links: Mapping[str, Link]
    fleets: Mapping[str, Fleet] = field(default_factory=dict)
    staff: Mapping[str, Staff] = field(default_factory=dict)
    routing: Mapping[str, str] = field(default_factory=dict)
    safety: Safety = field(default_factory=Safety)

    def able(self, operation: str, product: str) -> tuple[str, ...]:
        """Names of the stations that can do an operation on a product."""
        return tuple(s.name for s in self.stations.values() if product in s.operations.get(operation, {}))
