"""How long a candidate is simulated: replications are added only while it can still be among the best.

A candidate's replication i has the same chances as the incumbent's (common random numbers), so they are compared pair
by pair. After the numbers of replications that `looks` names, the upper confidence limit of the mean difference, by
Student's t, says how much better than the incumbent it can be; below what the tolerance allows it is given up. The
looks share the chance of an error in equal parts (Bonferroni), so that however often it is looked at, a candidate
within tolerance of the incumbent is given up with at most `1 - CONFIDENCE`, as far as the means of its replications'
differences are normal. Nothing is random in it, and nothing hangs on the clock.

Sources: Law, Simulation Modeling and Analysis, 5th ed., ch. 10.2.1 (paired t) and 11.2 (common random numbers);
Jennison and Turnbull, Group Sequential Methods, 2000, ch. 2 (looks at data that accumulate); Birattari et al., A
Racing Algorithm for Configuring Metaheuristics, GECCO 2002.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Protocol

from layout.flow.output.intervals import student_t
from layout.model.scenario import Objective, ScenarioSpec

CONFIDENCE = 0.95  # that a candidate within tolerance of the incumbent is not given up
FIRST = 4  # replications after which a candidate is looked at first
MOST = 3  # times the scenario's replications: what the good ones get at most
SETTLED = 0.25  # of the tolerance: a difference known this closely needs no more replications

SAMPLED = {
    "throughput": "per_h",
    "lead_time": "lead_time_s",
    "wip": "wip",
    "scrap": "scrap_per_h",
    "on_time": "on_time",
    "tardiness": "tardiness_s",
}
"""Measures that can be raced for: attribute of a replication by measure."""


class Replication(Protocol):
    """What is read of a replication: attributes that `SAMPLED` names."""


@dataclass(frozen=True)
class Race:
    """Whom a candidate is held against, and when.

    measure, sign : the first objective's
    rival : the incumbent's figures, replication by replication; empty where there is none yet
    at : what the incumbent's figure is taken to be: see `compared`
    tolerance : share of the incumbent's figure that counts as equal
    enough : replications that a candidate worth its while gets in any case
    looks : numbers of replications after which it is looked at; no more than the last of them are made
    """

    measure: str
    sign: float
    rival: tuple[float, ...]
    at: float
    tolerance: float
    enough: int
    looks: tuple[int, ...]

    def hopeless(self, bound_per_h: float) -> bool:
        """Whether a candidate with this upper bound on its throughput cannot get within tolerance of the incumbent."""
        if self.measure != "throughput" or self.sign < 0 or not self.rival:
            return False
        return bound_per_h < (1 - self.tolerance) * fmean(self.rival)

    def compared(self, figures: Sequence[float]) -> float:
        """A candidate's figure, given those of its replications, as it compares with all others: the incumbent's, and
        the mean difference of the pairs. So it does not matter whether the few streams it was run on were kind ones."""
        if not self.rival:
            return fmean(figures)
        return self.at + fmean([mine - theirs for mine, theirs in zip(figures, self.rival, strict=False)])

    def over(self, done: Sequence[Replication]) -> bool:
        """Whether a candidate needs no more replications than those done."""
        n = len(done)
        if n >= self.looks[-1]:
            return True
        if n not in self.looks or not self.rival:
            return False
        figures = [float(getattr(one, SAMPLED[self.measure])) for one in done]
        gained = [self.sign * (mine - theirs) for mine, theirs in zip(figures, self.rival, strict=False)]
        if len(gained) < 2 or not all(map(math.isfinite, gained)):
            return False
        allowed = self.tolerance * abs(fmean(self.rival))
        width = one_sided_t(1 - (1 - CONFIDENCE) / len(self.looks), len(gained) - 1) * stdev(gained)
        width /= math.sqrt(len(gained))
        if fmean(gained) + width < -allowed:
            return True
        return n >= self.enough and width <= SETTLED * allowed


def race(spec: ScenarioSpec, rival: Sequence[float], at: float = 0.0) -> Race | None:
    """The race of a scenario's candidates against an incumbent; None where each gets what the scenario says.

    So it is where the first objective is no mean of replications, where the scenario names a precision or one long
    run, and where aims are not taken in turn.
    """
    time, first = spec.time, spec.objectives[0]
    if not _raced(first) or time.until is not None or time.replications < 2:
        return None
    enough = time.replications
    return Race(first.measure, first.sign, tuple(rival), at, first.tolerance, enough, looks(enough))


def _raced(first: Objective) -> bool:
    return first.measure in SAMPLED and first.weight is None


def looks(replications: int) -> tuple[int, ...]:
    """Numbers of replications after which candidates are looked at: doubling, up to `MOST` times the scenario's."""
    most = MOST * replications
    found, n = [], min(FIRST, replications)
    while n < most:
        found.append(n)
        n *= 2
    return (*found, most)


def one_sided_t(level: float, freedom: int) -> float:
    """t with P(T <= t) = level (above one half) for that many degrees of freedom."""
    return student_t(2 * level - 1, freedom)
