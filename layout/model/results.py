"""What comes out: violations, travel and handling times, simulated figures with their intervals, one evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from layout.model.pose import Array


@dataclass(frozen=True)
class Violation:
    """A rule that a candidate breaks, by how much, in which unit. `scale` is the amount that counts as 1 in sums.

    reason : in words, where rule and subjects do not say enough
    """

    rule: str
    subjects: tuple[str, ...]
    amount: float
    unit: str
    scale: float = 1.0
    reason: str = ""

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.rule}: {', '.join(self.subjects)} by {self.amount:.3g} {self.unit}{why}"


@dataclass(frozen=True)
class Estimate:
    """A simulated figure: mean and half-width of its confidence interval at `level`, from `n` replications (or batches
    of one). An exact figure has n = 0 and no interval."""

    mean: float
    half_width: float
    level: float
    n: int

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half_width


@dataclass(frozen=True, eq=False)
class JointPath:
    """An arm's move: time_s (k,) float from 0, angles (k, dof) float (rad; m where prismatic), close enough together
    that straight lines between them are true."""

    time_s: Array
    angles: Array


@dataclass(frozen=True, eq=False)
class ArmTimes:
    """How long an arm takes among the stations it serves; index order is `stations`.

    An arm waits with its tool retreated at the station it served last (at first: at `stations[0]`).
    empty_s, loaded_s : (n, n) float, from retreated at i to approach at j, with nothing / with a part
    pick_s, place_s : (n,) float, from the approach point in, grip or release, and out again
    length_m : (n, n) float, path of the tool centre point from i to j, hand-over moves at both ends included
    approach : (n, dof) float, joint angles (rad) with the tool at the approach point
    handover : (n, dof) float, joint angles (rad) with the tool at the hand-over
    approach_in, handover_in : the same where parts are brought in (differs at stations with an arm port for each way;
        `approach` and `handover` are where parts are taken out, if they are)
    home_s : (n,) float, from retreated at i (where parts are brought in) to home, with nothing
    leave_home_s : (n,) float, from home to approach at i (where parts are taken out), with nothing
    loaded, empty : paths of the moves (i, j)
    handing : paths of the hand-overs (i, "in" or "out"), from the approach in
    homing, leaving : paths of the moves to and from home
    """

    stations: tuple[str, ...]
    empty_s: Array
    loaded_s: Array
    pick_s: Array
    place_s: Array
    length_m: Array
    approach: Array | None = None
    handover: Array | None = None
    approach_in: Array | None = None
    handover_in: Array | None = None
    home_s: Array | None = None
    leave_home_s: Array | None = None
    loaded: Mapping[tuple[int, int], JointPath] = field(default_factory=dict)
    empty: Mapping[tuple[int, int], JointPath] = field(default_factory=dict)
    handing: Mapping[tuple[int, str], JointPath] = field(default_factory=dict)
    homing: Mapping[int, JointPath] = field(default_factory=dict)
    leaving: Mapping[int, JointPath] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Zone:
    """Space that two arms share: one of them at a time. Each arm's home lies outside.

    arms : their names
    stands : by arm, (n,) bool: handing over at station i, or waiting there, the arm is inside
    loaded, empty : by arm, (n, n) bool: the move from i to j passes through
    homing, leaving : by arm, (n,) bool: the move to home from i, from home to i passes through
    """

    name: str
    arms: tuple[str, str]
    stands: Mapping[str, Array]
    loaded: Mapping[str, Array]
    empty: Mapping[str, Array]
    homing: Mapping[str, Array]
    leaving: Mapping[str, Array]


@dataclass(frozen=True)
class DoorTimes:
    """A machine's own moves round each part (s): closing before it works, opening before the part can be taken."""

    close_s: float
    open_s: float


@dataclass(frozen=True, eq=False)
class FleetTimes:
    """How long a vehicle takes among the stations its fleet serves; index order is `stations`.

    A vehicle waits docked where it was last (at first: at `stations[0]`, or as many places as there are).
    travel_s : (n, n) float, from docked at i to docked at j, turns and docking included
    handover_s : (n,) float, taking a part over or giving it away
    length_m : (n, n) float, way driven
    paths : (i, j) -> (k, 2) float (m), way of the vehicle's middle
    docks : (n, 3) float, x (m), y (m), yaw (rad) of a vehicle docked there
    empty_s, empty_paths, docks_in : only where a station has a vehicle port for each way (None, empty and None else).
        `docks` are then where parts are taken out, `docks_in` where they are brought in; `travel_s` and `paths` lead
        from out to in, and these from in to out (at i = j, too: from one side of the station to its other)
    """

    stations: tuple[str, ...]
    travel_s: Array
    handover_s: Array
    length_m: Array
    paths: Mapping[tuple[int, int], Array]
    docks: Array
    empty_s: Array | None = None
    empty_paths: Mapping[tuple[int, int], Array] = field(default_factory=dict)
    docks_in: Array | None = None


@dataclass(frozen=True, eq=False)
class BeltTimes:
    """A belt as laid out: transit time, places, least time between two parts, and its centre line (k, 2) (m)."""

    transit_s: float
    capacity: int
    spacing_s: float
    length_m: float
    path_m: Array


@dataclass(frozen=True, eq=False)
class Moves:
    """Travel and handling times of a line, by transport name (doors by station): from `motion`, for `flow`."""

    arms: Mapping[str, ArmTimes] = field(default_factory=dict)
    belts: Mapping[str, BeltTimes] = field(default_factory=dict)
    doors: Mapping[str, DoorTimes] = field(default_factory=dict)
    fleets: Mapping[str, FleetTimes] = field(default_factory=dict)
    zones: tuple[Zone, ...] = ()


@dataclass(frozen=True)
class FlowMove:
    """How often parts pass from one station to another by a transport (per hour), and how far (m)."""

    transport: str
    origin: str
    target: str
    per_h: float
    length_m: float


@dataclass(frozen=True)
class Effectiveness:
    """How well a station is used, after ISO 22400-2:2014: shares of 1, each from the window's times and counts.

    Planned busy time PBT: the window less off-shift time. Production time APT: working, set-up left out.
    availability : APT / PBT
    effectiveness : planned run time per item PRI x produced quantity PQ / APT; PRI is the mean process time as planned
    quality : good quantity GQ / PQ; scrap and rework are not good
    oee : overall equipment effectiveness, the product of the three (of each replication, then averaged)
    """

    availability: Estimate
    effectiveness: Estimate
    quality: Estimate
    oee: Estimate


@dataclass(frozen=True)
class Difference:
    """One measure's difference between two results, `second` less `first`, from pairs with the same random streams.

    measure : key of `FlowResult.samples`
    first, second : names of the results
    difference : mean and interval of the paired differences; its level is raised (Bonferroni) so that the intervals
        of all pairs hold together
    variance_reduction : 1 - var(paired difference) / var(difference of independent runs): the share of the noise that
        common random numbers took away (negative: they did harm)
    real : the interval leaves 0 out
    """

    measure: str
    first: str
    second: str
    difference: Estimate
    variance_reduction: float
    real: bool


@dataclass(frozen=True)
class Gain:
    """What a little more of one resource brings: more speed of a station, arm, fleet or belt, or one more person.

    step : how much faster it was made (0.01: 1 %); how many people more
    per_h : good parts per hour gained, from pairs with the same random streams
    of : "speed", or "people" where the resource is a pool of them
    """

    resource: str
    step: float
    per_h: Estimate
    of: Literal["speed", "people"] = "speed"


@dataclass(frozen=True)
class FlowResult:
    """What the flow simulation found over the window after the warm-up.

    throughput_per_h : good parts leaving per hour; by_product the same for each product that leaves
    lead_time_s : from entering (leaving the source) to leaving the line; wip : parts in the line, time average
    resources : name -> state -> share of time (stations: working, blocked, starved, down, setup, off_shift,
        unattended; people: working, waiting, off_shift; arms and vehicles: moving_empty, moving_loaded, handling,
        waiting, and charging where there is a battery); shares sum to 1
    moves : how often each transport leg is used; a fleet's vehicles together, by the fleet's name
    bottleneck : the resource that limits the line, by the longest mean active period
    deadlocks : who waits for whom, where the line came to a standstill (empty if never)
    samples_per_h : throughput of each replication, in order, for paired comparisons
    lead_time_quantiles_s : 0.05, 0.5 and 0.95 -> quantile of the lead times of the parts that left
    scrap_per_h, rework_per_h : parts thrown away, and sent back, per hour; scrap_by_station : where they are
    energy_kwh_per_h, energy_kwh_per_part : all resources together; None where none has a power
    on_time : share of the parts with a due time that left by it; tardiness_s : their mean time overdue, 0 if in time;
        None where no part has a due time
    effectiveness : by station
    shares : `resources` with intervals
    samples : measure -> its figure in each replication, in order (nan where there was nothing to measure): throughput,
        lead_time, lead_time_5, lead_time_50, lead_time_95, wip, scrap, rework, power (kW), energy (kWh a part),
        on_time, tardiness; "throughput.PRODUCT", "oee.STATION", "share.RESOURCE.STATE". SI but for per hour and kWh
    warmup_s, warmup_by : the warm-up left out, and how it was found: "given" or "MSER-5"
    replications : how many were made; with one alone the intervals come from `batches` (0 else) of its window
    active_period_s : resource -> mean length of an uninterrupted active period
    warnings : what a reader of these figures should know
    """

    throughput_per_h: Estimate
    by_product: Mapping[str, Estimate]
    lead_time_s: Estimate
    wip: Estimate
    resources: Mapping[str, Mapping[str, float]]
    moves: tuple[FlowMove, ...]
    bottleneck: str
    deadlocks: tuple[Violation, ...]
    samples_per_h: tuple[float, ...]
    lead_time_quantiles_s: Mapping[float, Estimate] = field(default_factory=dict)
    scrap_per_h: Estimate = Estimate(0.0, 0.0, 0.0, 0)
    rework_per_h: Estimate = Estimate(0.0, 0.0, 0.0, 0)
    scrap_by_station: Mapping[str, float] = field(default_factory=dict)
    energy_kwh_per_h: Estimate | None = None
    energy_kwh_per_part: Estimate | None = None
    on_time: Estimate | None = None
    tardiness_s: Estimate | None = None
    effectiveness: Mapping[str, Effectiveness] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    samples: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    warmup_s: float = 0.0
    warmup_by: str = "given"
    replications: int = 0
    batches: int = 0
    active_period_s: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class TraceEvent:
    """One thing that a resource did in a simulated run, from start_s to end_s.

    resource : station, arm, belt, link or vehicle (`Fleet.members`) name
    state : working, setup, down, off_shift, unattended (for lack of a person), moving_empty, moving_loaded,
        handling, charging, transit, waiting (part in a place of a station, or at the end of a belt), blocked
        (finished part that holds its station's server for lack of room)
        working spans the doors: of the spells of one part's visit (more than one after a breakdown or between
        operations) the first begins with `DoorTimes.close_s`, the last ends with `open_s`
    part : number of the part, -1 where none
    product : its product, empty where none
    origin, target : station names for what moves; equal for what stays; empty for an arm's home. What arm or vehicle
        does nothing, or waits for a shared zone (perhaps with a part in hand), has no event
    operation : what is done, where `working`
    """

    start_s: float
    end_s: float
    resource: str
    state: str
    part: int
    product: str
    origin: str
    target: str
    operation: str = ""
