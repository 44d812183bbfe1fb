"""One candidate, made concrete: every free value settled, every machine an instance with a pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from layout.model.distribution import Distribution
from layout.model.library import ArmModel, MachineModel, PartModel, VehicleModel
from layout.model.pose import Pose
from layout.model.scenario import Failure, Floor, Objective, Safety, Time

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

    arrivals : None where parts always wait (saturated source) or it is no source at all
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


@dataclass(frozen=True)
class Arm:
    """A robot that stands on the floor and serves stations, by their names.

    ways : by station, how it passes parts there: "out" where it takes them away, "in" where it brings them; a station
        that is not named here is passed both ways, as far as it has ports for them
    """

    name: str
    model: ArmModel
    pose: Pose
    serves: tuple[str, ...]
    dispatch: str
    speed: float
    ways: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)

    def ways_at(self, station: Station) -> tuple[Way, ...]:
        """How it passes parts at a station: nothing is brought to a source or taken from a sink."""
        ways = self.ways.get(station.name, WAYS)
        if station.is_source == station.is_sink:
            return ways
        return tuple(way for way in ways if way == ("out" if station.is_source else "in"))


@dataclass(frozen=True)
class Fleet:
    """Automated vehicles that serve stations, by their names; m/s, m/s^2."""

    name: str
    model: VehicleModel
    units: int
    serves: tuple[str, ...]
    dispatch: str
    speed_m_s: float
    acceleration_m_s2: float

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


@dataclass(frozen=True)
class Link:
    """Parts pass from one station to another in a fixed time (s)."""

    name: str
    origin: str
    target: str
    time_s: float


@dataclass(frozen=True)
class LineProduct:
    """A product in this line: route of operations from source station to sink stations."""

    name: str
    model: PartModel
    mass_kg: float
    share: float
    route: tuple[str, ...]
    sources: tuple[str, ...]
    sinks: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A production line that could be built: what every stage after the scenario works on."""

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
    safety: Safety = field(default_factory=Safety)

    def able(self, operation: str, product: str) -> tuple[str, ...]:
        """Names of the stations that can do an operation on a product."""
        return tuple(s.name for s in self.stations.values() if product in s.operations.get(operation, {}))
