"""The most good parts per hour that a line could make in the long run, whatever the luck and the dispatching.

A linear programme over the rates of parts (1/s): how much each source gives, which of the machines able to do an
operation does how much of it, which transport takes how much of each hop. What limits:

    machine    sum of rate x (mean time + doors) / availability                <= servers
    shift      sum of rate x (mean time + doors)                               <= servers x share of time on shift
    places     sum of rate x (time with repairs + hand-over while reserved)    <= servers + in-buffer
    people     sum of rate x (time they run it + time they repair it)          <= number x share of time on shift, and
                                                                                  the job at hand at each end of it
    arm        sum of rate x (pick + loaded move + place) + empty moves        <= 1, a fleet: its vehicles
    battery    the same + charging                                             <= vehicles
    zone       the same of all its arms, so far as inside                      <= 1
    belt       rate                                                            <= 1 / spacing, capacity / transit
    carriers   sum of rate x least time that each is under way or joined       <= how many circulate
    source     rate                                                            <= 1 / mean interarrival time, orders

Scrap leaves, rework comes back to the step named, components end and released products begin at the rates of the
operations that join and part them. Set-ups, buffers' sizes and rules of choice are left out: they can only cost.

Availability is 1 / (1 + sum of repair / between). Empty moves are bounded by the cheapest way to join each place where
an arm puts parts down with the places where it picks them up (a transportation problem: every task but the first starts
where the one before ended; an arm that stands in a zone may go by its home). Little's law on the places of a station
gives the third row: from the dispatch on, a place is taken; and on the carriers the last but one. Every relaxation errs
on the high side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layout.flow.bounds.carriage import Carriage, Hop
from layout.flow.bounds.programme import Programme, Terms
from layout.flow.bounds.rates import Rates, Step
from layout.flow.bounds.windows import ends_per_s, on_share
from layout.flow.paths import by_name, paths, unconnected
from layout.model.line import Line, LineProduct, Station
from layout.model.results import Moves

_NONE = 1e-9  # parts for each good part: rounding of the solver


@dataclass(frozen=True)
class Limit:
    """Something that the bound hangs on.

    part : share of the bound that hangs on it; all parts sum to 1
    rise_per_h : by how much the bound rises where there is 1 % more of this alone; 0 where another limits as well
    """

    resource: str
    what: str
    part: float
    rise_per_h: float


@dataclass(frozen=True)
class Ceiling:
    """The upper bound on good parts per hour and what it hangs on, most important first; empty if nothing limits."""

    per_h: float
    limits: tuple[Limit, ...]


def bound(line: Line, moves: Moves) -> float:
    """Upper bound on good parts per hour, in the long run. A transport without times in `moves` does not limit.

    0 where a product cannot be made: sooner or later its parts would fill the line.
    """
    found = _programme(line, moves)
    return found[0].most() * 3600 if found else 0.0


def ceiling(line: Line, moves: Moves) -> Ceiling:
    """The bound with its shadow prices."""
    made = _programme(line, moves)
    if made is None:
        return Ceiling(0.0, ())
    most, limits = made[0].limits()
    found = (Limit(one.row.resource, one.row.what, one.part, one.rise * 3600) for one in limits)
    return Ceiling(most * 3600, tuple(found))


def hauls(line: Line, moves: Moves) -> Mapping[tuple[str, str, str], float]:
    """How many parts each transport carries from one station to another for each good part: (transport, origin, target)
    -> parts. Empty where a product cannot be made.

    It is the mean over the products that leave as good parts, each made at its highest rate; with those that come from
    the same source. Among machines or transports that do the same, parts are shared out in one of the ways that this
    allows.
    """
    found = _programme(line, moves)
    if found is None:
        return {}
    programme, carriage, steps = found
    gains: dict[str, Terms] = defaultdict(dict)
    for step in steps:
        if step.rate in programme.gain:
            gains[step.product][step.rate] = 1.0
    carried: dict[tuple[str, str, str], float] = defaultdict(float)
    for gain in gains.values():
        rates = programme.rates(gain)
        good = sum(float(rates[rate]) for rate in programme.gain)
        for haul, some in carriage.hauls.items():
            carried[haul] += sum(float(rates[z]) for z in some) / max(good, _NONE) / len(gains)
    return {haul: parts for haul, parts in carried.items() if parts > _NONE}


def availability(station: Station) -> float:
    """Share of the time that a station which never waits can work."""
    return 1 / (1 + _repairs(station))


def _repairs(station: Station, clocks: tuple[str, ...] = ("operating", "calendar")) -> float:
    """Time down for each unit of time up."""
    return sum(f.repair.mean_s / f.between.mean_s for f in station.failures.values() if f.clock in clocks)


def _known(line: Line, moves: Moves) -> Moves | None:
    """The moves to judge the ways by: none unless they are complete."""
    pairs = ((line.arms, moves.arms), (line.belts, moves.belts), (line.fleets, moves.fleets))
    return moves if all(wanted.keys() <= given.keys() for wanted, given in pairs) else None


def _programme(line: Line, moves: Moves) -> tuple[Programme, Carriage, Sequence[Step]] | None:
    """The programme, its transports and its steps; None where a product cannot be made."""
    known = _known(line, moves)
    if not line.products or unconnected(line, known):
        return None
    ways = paths(line, known)
    programme = Programme()
    rates = Rates(line, ways, programme)
    carriage = Carriage(line, moves, ways, programme)
    places: dict[str, Terms] = defaultdict(lambda: defaultdict(float))
    flows: dict[Hop, Terms] = defaultdict(lambda: defaultdict(float))
    for step in rates.steps:
        for a, b in step.hops:
            flows[a, b, step.operation is None and b == step.target][step.rate] += 1.0
    work = _machines(line, moves, rates.steps, places, programme)
    carriage.add(flows, places)
    for name in by_name(places):
        if {rate for rate, held_s in places[name].items() if held_s > 0} <= work[name].keys():
            continue  # nothing is held while parts are handed over: the machine's own row says more
        station = line.stations[name]
        programme.at_most(name, "places, hand-overs included", places[name], station.servers + station.buffer_in)
    _people(line, rates.steps, programme)
    for product in line.products.values():
        if product.circulates:
            _carriers(line, product, rates.steps, carriage, programme)
    return programme, carriage, rates.steps


def _machines(
    line: Line, moves: Moves, steps: list[Step], places: dict[str, Terms], programme: Programme
) -> Mapping[str, Terms]:
    """Work with its doors, and the repairs that it must wait for; gives the time on each station's servers."""
    work: dict[str, Terms] = defaultdict(dict)
    for step in steps:
        if step.operation is None:
            continue
        station = line.stations[step.target]
        doors = moves.doors.get(step.target)
        doors_s = doors.close_s + doors.open_s if doors and not step.stays else 0.0
        work[step.target][step.rate] = _work_s(line, step) + doors_s
        # a part is kept while the machine stands; where the clock is the calendar's, that may be when none is there
        places[step.target][step.rate] += work[step.target][step.rate] * (1 + _repairs(station, ("operating",)))
    for name, terms in work.items():
        station = line.stations[name]
        stands = 1 + _repairs(station)
        what = "working time and repairs" if stands > 1 else "working time"
        programme.at_most(name, what, {rate: time * stands for rate, time in terms.items()}, station.servers)
        if station.shift is not None:
            # repairs may go on when the shift is over
            programme.at_most(name, "time on shift", terms, station.servers * on_share(station.shift, line.time))
    return work


def _work_s(line: Line, step: Step) -> float:
    assert step.operation is not None
    return line.stations[step.target].operations[step.operation][step.product].mean_s


def _people(line: Line, steps: list[Step], programme: Programme) -> None:
    """Who runs and who repairs; a station that several groups tend is shared out among them."""
    load: dict[str, Terms] = defaultdict(dict)
    jobs_s: dict[str, list[float]] = defaultdict(
        list
    )  # seen at the end of a shift, when they are finished all the same
    for job in ("runs", "repairs"):
        tended = {
            name: [s for s in by_name(line.staff) if name in getattr(line.staff[s], job)] for name in line.stations
        }
        for name, groups in tended.items():
            if not groups:
                continue
            station = line.stations[name]
            each = 1.0 if job == "runs" else _repairs(station)
            balance = {s.rate: -each * _work_s(line, s) for s in steps if s.operation and s.target == name}
            for group in groups:
                jobs_s[group] += _visits_s(line, station) if job == "runs" else _repairs_s(station)
                share = programme.variable()
                balance[share] = load[group][share] = 1.0
            programme.equal.append(balance)
    for group, terms in load.items():
        staff = line.staff[group]
        longer = ends_per_s(staff.shift, line.time) * max(jobs_s[group], default=0.0)
        programme.at_most(group, "people", terms, staff.number * min(1.0, on_share(staff.shift, line.time) + longer))


def _visits_s(line: Line, station: Station) -> list[float]:
    """Of each product that a station works on, how long the visit under way at some instant lasts, from end to end:
    E[X^2] / E[X], the bound on the overshoot of a renewal process (Lorden, Annals of Math. Statistics 41, 1970)."""
    found = []
    for product in line.products.values():
        times = [station.operations.get(operation, {}).get(product.name) for operation in product.route]
        known = [time for time in times if time is not None]
        if known:
            mean_s = sum(time.mean_s for time in known)
            found.append(mean_s + sum((time.cv * time.mean_s) ** 2 for time in known) / mean_s)
    return found


def _repairs_s(station: Station) -> list[float]:
    return [mode.repair.mean_s * (1 + mode.repair.cv**2) for mode in station.failures.values()]


def _carriers(line: Line, carrier: LineProduct, steps: list[Step], carriage: Carriage, programme: Programme) -> None:
    """Little's law: no more are under way, worked on and joined to others than there are."""
    busy: Terms = defaultdict(float)
    for step in steps:
        if step.product == carrier.name:
            busy[step.rate] += sum(carriage.least_s(a, b) for a, b in step.hops) + _stay_s(line, step)
            continue
        carried = _carried(line, line.products[step.product], carrier.name)
        if carried is None or not carried[0] <= step.number <= carried[1]:
            continue
        way_s = sum(carriage.least_s(a, b) for a, b in step.hops) if step.number > carried[0] else 0.0
        busy[step.rate] += carried[2] * (way_s + _stay_s(line, step))
    programme.at_most(carrier.name, "carriers", busy, carrier.circulates)


def _stay_s(line: Line, step: Step) -> float:
    """Least mean time in a machine, with the repairs during it."""
    if step.operation is None:
        return 0.0
    return _work_s(line, step) * (1 + _repairs(line.stations[step.target], ("operating",)))


def _carried(line: Line, host: LineProduct, carrier: str) -> tuple[int, int, int] | None:
    """First and last step that a host is on its carrier, and on how many; None where that is not plain."""
    on = [k for k, op in enumerate(host.route) if carrier in host.components.get(op, {})]
    off = [k for k, op in enumerate(host.route) if carrier in host.releases.get(op, {})]
    if len(on) != 1 or len(off) != 1 or off[0] < on[0]:
        return None
    numbers = host.components[host.route[on[0]]][carrier], host.releases[host.route[off[0]]][carrier]
    back = any(
        quality.rework is not None and operation in host.route[on[0] :]
        for station in line.stations.values()
        for operation, quality in station.quality.items()
    )
    return None if numbers[0] != numbers[1] or back else (on[0], off[0], numbers[0])
