"""Analytic figures of a line beside its bound: exact where there is an exact solution, else approximate, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from layout.errors import LayoutError
from layout.flow.exact import decomposition, queues, two_machine
from layout.flow.exact.chains import Machine, Mode, tandem
from layout.flow.exact.mean_value import mean_values
from layout.flow.exact.phases import PhaseType, erlang, exponential, fitted, followed, interrupted
from layout.flow.exact.recognise import Loop, Row, UnsolvableError, Work, loop, row
from layout.model.distribution import Distribution
from layout.model.line import Line
from layout.model.results import Moves

# Solved within about a second.
MOST_STATES = 10_000
# In a decomposition: phases of a process time, and of a whole time to completion. More cost minutes.
_WORK_PHASES, _MOST_PHASES = 4, 8
# Stands in for "never" where a formula wants a probability.
_NEVER = 1e-9


@dataclass(frozen=True)
class Analytic:
    """A figure for the long run, without simulation.

    exact : whether it is, for the times and rules as they are in the line
    method, source : how it was found, and where that is published
    lead_time_s, wip : None where the method gives none
    """

    per_h: float
    exact: bool
    method: str
    source: str
    lead_time_s: float | None = None
    wip: float | None = None


@dataclass(frozen=True)
class Analysis:
    """What is known of a line. figure : None where nothing applies; reason : why not, in words, else empty."""

    figure: Analytic | None
    reason: str = ""


def analyse(line: Line, moves: Moves) -> Analysis:
    """The best analytic figure that applies to a line."""
    try:
        if line.fleets or any(product.circulates for product in line.products.values()):
            return Analysis(_closed(loop(line, moves)))
        return Analysis(_serial(row(line, moves)))
    except UnsolvableError as reason:
        return Analysis(None, str(reason))


def _closed(found: Loop) -> Analytic:
    rate = mean_values(found.stops, found.number)[-1].throughput
    return Analytic(3600 * rate, True, f"mean-value analysis of {found.what!r} going round", "Reiser & Lavenberg 1980")


def _serial(found: Row) -> Analytic:
    if found.arrivals is not None:
        return _queue(found)
    if len(found.stations) == 1:
        return _alone(found.stations[0])
    if any(work.servers > 1 for work in found.stations):
        raise UnsolvableError("a station of a row has several servers")
    if not any(work.failures for work in found.stations):
        longest_s = max(sum(t.mean_s for t in work.times) for work in found.stations)
        if all(t.kind == "deterministic" for work in found.stations for t in work.times):
            return Analytic(3600 / longest_s, True, "fixed times: the slowest machine", "Dallery & Gershwin 1992")
    if all(_is_markov(work) for work in found.stations):
        exact = _markov(found)
        if exact is not None:
            return exact
    return _approximate(found)


def _queue(found: Row) -> Analytic:
    """One station with random arrivals."""
    if len(found.stations) > 1 or found.arrivals is None or found.arrivals.kind != "exponential":
        raise UnsolvableError("parts arrive otherwise than at random at one station")
    work = found.stations[0]
    if work.failures:
        raise UnsolvableError(f"parts arrive at {work.name!r}, which fails")
    mean_s, rate = sum(t.mean_s for t in work.times), 1 / found.arrivals.mean_s
    if work.servers == 1:
        variance = sum((t.cv * t.mean_s) ** 2 for t in work.times)
        made = queues.poisson_general(rate, mean_s, variance / mean_s**2)
        method, source = "queue M/G/1", "Pollaczek-Khinchine"
    elif [t.kind for t in work.times] == ["exponential"]:
        made = queues.poisson_exponential(rate, mean_s, work.servers)
        method, source = f"queue M/M/{work.servers}", "Erlang 1917"
    else:
        raise UnsolvableError(f"{work.name!r} has several servers and no exponential time")
    return Analytic(3600 * min(rate, work.servers / mean_s), True, method, source, made.whole, made.level)


def _alone(work: Work) -> Analytic:
    """One station that always has parts and always room."""
    repairs = sum(f.repair.mean_s / f.between.mean_s for f in work.failures.values())
    rate = work.servers / sum(t.mean_s for t in work.times) / (1 + repairs)
    return Analytic(3600 * rate, True, "one station that never waits", "Buzacott & Hanifin 1978")


def _is_markov(work: Work) -> bool:
    """Whether all its times are exponential or sums of such."""
    repairs = [f.repair for f in work.failures.values()]
    return all(t.kind in ("exponential", "erlang") for t in (*work.times, *repairs)) and all(
        f.between.kind == "exponential" for f in work.failures.values()
    )


def _markov(found: Row) -> Analytic | None:
    """Exact by a Markov chain; None where it has too many states."""
    works, b = found.stations, found.buffers
    calendar = any(f.clock == "calendar" for work in works for f in work.failures.values())
    if len(works) == 2 and not calendar:
        if all([t.kind for t in work.times] == ["exponential"] and not work.failures for work in works):
            rate = two_machine.exponential(1 / works[0].times[0].mean_s, 1 / works[1].times[0].mean_s, b[0])
            return Analytic(3600 * rate, True, "two exponential machines, closed form", "Hillier & Boling 1967")
        times = [_whole(work) for work in works]
        if times[0].size * times[1].size * (b[0] + 1) <= MOST_STATES:
            rate = two_machine.phase_type(times[0], times[1], b[0]).throughput
            return Analytic(3600 * rate, True, "two machines, Markov chain level by level", "Gaver et al. 1984")
    machines = [
        Machine(_summed(work.times), tuple(
            Mode(1 / f.between.mean_s, _phases(f.repair), f.clock == "calendar") for f in work.failures.values()
        ))
        for work in works
    ]  # fmt: skip
    try:
        made = tandem(machines, b, MOST_STATES)
    except LayoutError:
        return None
    return Analytic(
        3600 * made.throughput, True, f"Markov chain of {made.states} states", "Hillier & Boling 1967", wip=None
    )


def _approximate(found: Row) -> Analytic:
    """By decomposition into lines of two machines."""
    for work in found.stations:
        if any(f.clock == "calendar" for f in work.failures.values()):
            raise UnsolvableError(f"{work.name!r} fails by the calendar, and there are too many states")
    slots = _slots(found)
    if slots is not None:
        return slots
    rate = decomposition.phase_type_line([_completion(work) for work in found.stations], found.buffers).throughput
    return Analytic(3600 * rate, False, "decomposition, phase-type times", "Dallery & Frein 1993")


def _slots(found: Row) -> Analytic | None:
    """Equal fixed times and exponential failures, taken as whole slots; None where that does not fit."""
    slot_s = {work.times[0].mean_s for work in found.stations}
    fixed = all([t.kind for t in work.times] == ["deterministic"] for work in found.stations)
    if not fixed or len(slot_s) > 1 or min(found.buffers) < 2:
        return None
    failure, repair = [], []
    for work in found.stations:
        modes = list(work.failures.values())
        kinds = {time.kind for f in modes for time in (f.between, f.repair)}
        if len(modes) > 1 or not kinds <= {"exponential"}:
            return None
        if any(min(f.repair.mean_s, f.between.mean_s) < max(slot_s) for f in modes):
            return None
        failure.append(max(slot_s) / modes[0].between.mean_s if modes else _NEVER)
        repair.append(max(slot_s) / modes[0].repair.mean_s if modes else 1.0)
    places = [b + 2 for b in found.buffers]
    rate = decomposition.geometric_line(failure, repair, places).throughput / max(slot_s)
    return Analytic(3600 * rate, False, "decomposition, equal fixed times", "Dallery, David & Xie 1988")


def _whole(work: Work) -> PhaseType:
    """Time to completion, repairs included, of a station whose times are all exponential or Erlang."""
    return interrupted(_summed(work.times), [(1 / f.between.mean_s, _phases(f.repair)) for f in work.failures.values()])


def _summed(times: Sequence[Distribution]) -> PhaseType:
    return reduce(lambda a, b: followed(a, 1.0, b), [_phases(time) for time in times])


def _phases(time: Distribution) -> PhaseType:
    return erlang(time.mean_s, int(time.parameters[1])) if time.kind == "erlang" else exponential(1 / time.mean_s)


def _completion(work: Work) -> PhaseType:
    """Time to completion, in few phases: times that vary much have two moments in common with it."""
    times = [_few(work.name, time) for time in work.times]
    repairs = [(1 / f.between.mean_s, fitted(f.repair.mean_s, f.repair.cv**2, 2)) for f in work.failures.values()]
    made = interrupted(reduce(lambda a, b: followed(a, 1.0, b), times), repairs)
    if made.size > _MOST_PHASES:
        raise UnsolvableError(f"{work.name!r} does too much one after another, and there are too many states")
    return made


def _few(name: str, time: Distribution) -> PhaseType:
    if time.cv**2 < 1 / _WORK_PHASES - 1e-9:
        raise UnsolvableError(f"the times of {name!r} vary too little for a decomposition")
    return fitted(time.mean_s, time.cv**2, _WORK_PHASES)
