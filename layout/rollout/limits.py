"""How fast belts, arms and vehicles of a line may go with each of its products: bisected over short physics runs.

From what it is now upwards in steps, until something goes wrong; between that step and the last one the limit is
bisected. A limit is the highest value tried at which nothing went wrong; the lowest one at which something did is no
more than `WITHIN` above it. Whether a part jams between guides is a matter of chance: it may not at a higher speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from layout.model.line import Line
from layout.model.physical import Incident
from layout.model.results import Moves
from layout.motion import traffic
from layout.rollout import probes
from layout.scene.physics.world import GRAVITY_M_S2

WITHIN = 0.02
"""Limits are found to this share."""
RISE = 1.15
"""Steps upwards."""
BELT_M_S = (0.05, 2.0)
"""Belt speeds looked at: the slowest and the fastest usual ones."""
ARM_SHARE = (0.1, 1.0)
"""Shares of an arm's full speed looked at."""
VEHICLE_M_S2 = (0.1, 8.0)
"""Accelerations looked at: no wheel on a shop floor grips better."""
WORST = 3
"""Legs of an arm that are run, those first that take the most from the tool."""

Probe = Callable[[float], Incident | None]


@dataclass(frozen=True)
class Limit:
    """How fast one resource may go with one product.

    kind : what goes: a belt or an arm (its speed), or a vehicle (its acceleration)
    quantity, unit : what is limited; a share of the arm's full speed has the unit ""
    now : as the layout has it; least, top : of what was looked at
    limit : highest value at which nothing goes wrong; None: something does even at `least`
    beyond : lowest value at which something goes wrong, and incident : what; None where nothing does up to `top`
    leg : of an arm, where it goes wrong, or the one that takes the most
    formula : what a closed form gives, None where there is none: m (a + g) against the tool's hold on the planned path
        (arms; None also where it holds at full speed), friction times g (vehicles)
    probes : physics runs made
    """

    kind: Literal["belt", "arm", "vehicle"]
    resource: str
    product: str
    quantity: Literal["speed", "acceleration"]
    unit: str
    now: float
    least: float
    top: float
    limit: float | None
    beyond: float | None
    incident: Incident | None
    leg: tuple[str, str] | None = None
    formula: float | None = None
    probes: int = 0

    @property
    def margin(self) -> float:
        """By what share it could go faster than now; below 0 where it is too fast already. At least, with no limit."""
        return (self.limit if self.limit is not None else 0.0) / self.now - 1.0

    @property
    def broken(self) -> bool:
        """Whether it goes too fast now."""
        return self.limit is None or (self.beyond is not None and self.now >= self.beyond)


def search(probe: Probe, now: float, least: float, top: float) -> tuple[float | None, float | None, Incident | None]:
    """Highest value without incident, lowest one with, and that incident; (top, None, None) where nothing goes wrong.

    Up from `now` by steps of `RISE` until something does; then bisected. Where it does at `now`, below it.
    """
    good, bad, wrong = now, math.inf, probe(now)
    if wrong is not None:
        bad, good = now, least
        found = probe(least) if least < now else wrong
        if found is not None:
            return None, least, found
    while math.isinf(bad):
        if good >= top:
            return top, None, None
        value = min(good * RISE, top)
        wrong = probe(value)
        if wrong is None:
            good = value
        else:
            bad = value
    while bad > good * (1.0 + WITHIN):
        middle = math.sqrt(good * bad)
        found = probe(middle)
        if found is None:
            good = middle
        else:
            bad, wrong = middle, found
    return good, bad, wrong


def subjects(line: Line) -> list[tuple[str, str]]:
    """Every (belt, arm or fleet; product that it carries) of a line, in its order."""
    out = []
    for product in line.products:
        for name, belt in line.belts.items():
            if probes.rides(line, belt, product):
                out.append((name, product))
        for name, crew in [(n, a.serves) for n, a in line.arms.items()] + [
            (n, f.serves) for n, f in line.fleets.items()
        ]:
            if _carries(line, crew, product):
                out.append((name, product))
    order = {name: k for k, name in enumerate((*line.belts, *line.arms, *line.fleets))}
    return sorted(out, key=lambda pair: order[pair[0]])


def limits(line: Line, moves: Moves, wanted: Sequence[tuple[str, str]] | None = None) -> Iterator[Limit]:
    """The limits of a line, one by one as they are found; moves : as planned for it; wanted : of `subjects`."""
    for name, product in subjects(line) if wanted is None else wanted:
        if name in line.belts:
            yield _belt(line, moves, name, product)
        elif name in line.arms:
            yield _arm(line, name, product)
        else:
            yield _vehicle(line, name, product)


def _carries(line: Line, crew: Sequence[str], product: str) -> bool:
    return bool(traffic.passed(crew, replace(line, products={product: line.products[product]})).any())


class _Counted:
    """A probe, and how often it was run."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self.runs = 0

    def __call__(self, value: float) -> Incident | None:
        self.runs += 1
        return self._probe(value)


def _belt(line: Line, moves: Moves, name: str, product: str) -> Limit:
    probe = _Counted(lambda speed: probes.ride(line, moves.belts, name, product, speed))
    now = line.belts[name].speed_m_s
    least, top = min(BELT_M_S[0], now), max(BELT_M_S[1], now)
    limit, beyond, wrong = search(probe, now, least, top)
    return Limit("belt", name, product, "speed", "m/s", now, least, top, limit, beyond, wrong, probes=probe.runs)


def _arm(line: Line, name: str, product: str) -> Limit:
    """Bisected on the leg that takes the most from the tool; where another one is worse among bodies, on that."""
    bench = probes.ArmBench(line, name, product)
    now, (least, top) = line.arms[name].speed, ARM_SHARE
    least = min(least, now)
    worst = bench.legs[:WORST]
    most, where = top, worst[0]
    limit: float | None = top
    beyond, wrong, runs = None, None, 0
    for leg in worst:
        probe = _Counted(partial(bench.carry, leg))
        found = search(probe, min(now, most), least, most)
        runs += probe.runs
        if found[1] is not None:
            limit, beyond, wrong = found
            where = leg
        if limit is None:
            break
        most = limit
    holds = min(leg.holds for leg in bench.legs)
    formula = None if math.isinf(holds) else holds
    return Limit(
        "arm", name, product, "speed", "", now, least, top, limit, beyond, wrong,
        (where.origin, where.target), formula, runs,
    )  # fmt: skip


def _vehicle(line: Line, name: str, product: str) -> Limit:
    fleet, made = line.fleets[name], line.products[product]
    probe = _Counted(lambda acceleration: probes.haul(fleet, made, acceleration))
    now = fleet.acceleration_m_s2
    least, top = min(VEHICLE_M_S2[0], now), max(VEHICLE_M_S2[1], now)
    limit, beyond, wrong = search(probe, now, least, top)
    formula = made.model.friction * GRAVITY_M_S2
    return Limit(
        "vehicle", name, product, "acceleration", "m/s^2", now, least, top, limit, beyond, wrong,
        formula=formula, probes=probe.runs,
    )  # fmt: skip
