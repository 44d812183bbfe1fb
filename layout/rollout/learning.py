"""What the flow simulation left out, learnt from a physical run: so much more time for each pair of models.

Not a factor on the total: an arm settles so much longer after a move, a pick from this kind of machine takes so much
more, parts go so much further on a belt between these kinds of stations than from port to port. What is learnt of a
pair holds wherever the pair stands; what a belt's corners save parts of the plan's way is known, and is left out of
it. What vehicles wait for one another is no matter of pairs: see `waits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from layout.model.line import Belt, Line
from layout.model.physical import WAIT, MoveGap
from layout.model.pose import Array
from layout.model.results import ArmTimes, BeltTimes, DoorTimes, Estimate, FleetTimes, Moves
from layout.motion import belts
from layout.rollout.waits import Waits

Pair = tuple[str, ...]
Learnt = Mapping[Pair, float]
"""(kind of move, names of models) -> what it takes more (s; for belts m)."""


def learn(line: Line, gaps: Iterable[MoveGap]) -> Learnt:
    """From the moves of a physical run: the mean of what they took more than assumed, by pair of models."""
    sums: dict[Pair, tuple[float, int]] = {}
    for gap in gaps:
        pair = _pair(line, gap)
        if pair is None:
            continue
        speed = line.belts[gap.resource].speed_m_s if gap.resource in line.belts else 1.0
        total, n = sums.get(pair, (0.0, 0))
        count = gap.physical_s.n
        sums[pair] = total + (gap.gap_s * speed + _saved_m(line, gap.kind, gap.resource)) * count, n + count
    return {pair: total / n for pair, (total, n) in sorted(sums.items())}


def relearnt(line: Line, gaps: Iterable[MoveGap], learnt: Learnt, waits: Waits | None = None) -> tuple[MoveGap, ...]:
    """The same moves, with what is assumed of each after learning."""
    found = []
    for gap in gaps:
        if gap.kind == WAIT:
            waited = (waits or {}).get(gap.resource)
            found.append(replace(gap, assumed_s=waited.mean if waited is not None else 0.0))
            continue
        pair = _pair(line, gap)
        speed = line.belts[gap.resource].speed_m_s if gap.resource in line.belts else 1.0
        more = learnt.get(pair) if pair is not None else None
        more_s = (more - _saved_m(line, gap.kind, gap.resource)) / speed if more is not None else 0.0
        found.append(replace(gap, assumed_s=max(gap.assumed_s + more_s, 0.0)))
    return tuple(found)


def learnt_moves(line: Line, moves: Moves, learnt: Learnt, waits: Waits | None = None) -> Moves:
    """The moves with what was learnt; nothing gets shorter than no time at all. waits : of the very layout."""
    return replace(
        moves,
        arms={name: _arm(line, name, times, learnt) for name, times in moves.arms.items()},
        belts={name: _belt(line, name, times, learnt) for name, times in moves.belts.items()},
        doors={name: _doors(line, name, times, learnt) for name, times in moves.doors.items()},
        fleets={
            name: _fleet(line, name, times, learnt, (waits or {}).get(name)) for name, times in moves.fleets.items()
        },
    )


def _pair(line: Line, gap: MoveGap) -> Pair | None:
    """What a move's gap is learnt for; None where its resource is unknown, and for what hangs on others."""
    if not gap.elementary:
        return None
    if gap.resource in line.arms:
        here = _model(line, gap.target) if gap.kind in ("pick", "place") else ""
        return gap.kind, _arm_model(line, gap.resource), here
    if gap.resource in line.belts:
        return gap.kind, *_ends(line, line.belts[gap.resource])
    if gap.resource in line.stations:
        return gap.kind, _model(line, gap.resource)
    fleet = _fleet_of(line, gap.resource)
    if fleet:
        return gap.kind, line.fleets[fleet].model.name
    return None


def _saved_m(line: Line, kind: str, resource: str) -> float:
    """What a belt's corners save parts of the plan's way (m): of the very belt, so no matter of pairs."""
    belt = line.belts.get(resource)
    return belts.saved_m(belt, belts.lay_out(belt, line)) if belt is not None and kind == "belt transit" else 0.0


def _arm_model(line: Line, name: str) -> str:
    model = line.arms[name].model
    return f"{model.name} with {model.tool.name}" if model.tool else model.name


def _model(line: Line, station: str) -> str:
    return line.stations[station].model.name if station in line.stations else ""


def _ends(line: Line, belt: Belt) -> tuple[str, str]:
    return _model(line, belt.origin), _model(line, belt.target)


def _fleet_of(line: Line, name: str) -> str:
    return next((fleet.name for fleet in line.fleets.values() if name == fleet.name or name in fleet.members), "")


def _longer(times: Array | None, more: Array | float) -> Array:
    """Times that take so much more; what takes no time is no move, and stays so."""
    given: Array = np.asarray(times, dtype=float)
    longer: Array = np.where((given > 0.0) & np.isfinite(given), np.maximum(given + more, 0.0), given)
    return longer


def _arm(line: Line, name: str, times: ArmTimes, learnt: Learnt) -> ArmTimes:
    model = _arm_model(line, name)

    def more(kind: str, station: str = "") -> float:
        return learnt.get((kind, model, _model(line, station) if station else ""), 0.0)

    def hands(kind: str, given: Array) -> Array:
        extra: Array = np.array([more(kind, station) for station in times.stations])
        return np.asarray(np.maximum(given + extra, 0.0))

    home = more("home")
    return replace(
        times,
        empty_s=_longer(times.empty_s, more("empty")),
        loaded_s=_longer(times.loaded_s, more("loaded")),
        pick_s=hands("pick", times.pick_s),
        place_s=hands("place", times.place_s),
        home_s=_longer(times.home_s, home) if times.home_s is not None else None,
        leave_home_s=_longer(times.leave_home_s, more("empty")) if times.leave_home_s is not None else None,
    )


def _belt(line: Line, name: str, times: BeltTimes, learnt: Learnt) -> BeltTimes:
    belt = line.belts[name]
    further = learnt.get(("belt transit", *_ends(line, belt)))
    further = further - _saved_m(line, "belt transit", name) if further is not None else 0.0
    apart = learnt.get(("belt spacing", *_ends(line, belt)), 0.0)
    return replace(
        times,
        transit_s=max(times.transit_s + further / belt.speed_m_s, 0.0),
        spacing_s=max(times.spacing_s + apart / belt.speed_m_s, 0.0),
    )


def _doors(line: Line, name: str, times: DoorTimes, learnt: Learnt) -> DoorTimes:
    model = _model(line, name)
    return DoorTimes(
        max(times.close_s + learnt.get(("close", model), 0.0), 0.0),
        max(times.open_s + learnt.get(("open", model), 0.0), 0.0),
    )


def _fleet(line: Line, name: str, times: FleetTimes, learnt: Learnt, wait: Estimate | None) -> FleetTimes:
    model = line.fleets[name].model.name
    more = learnt.get(("drive", model), 0.0) + (wait.mean if wait is not None else 0.0)
    return replace(
        times,
        travel_s=_longer(times.travel_s, more),
        handover_s=_longer(times.handover_s, learnt.get(("hand-over", model), 0.0)),
        empty_s=_longer(times.empty_s, more) if times.empty_s is not None else None,
    )
