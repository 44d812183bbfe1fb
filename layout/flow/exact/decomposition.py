"""Long lines as a row of two-machine lines that agree with one another. Approximate.

                M_0 ─ B_0 ─ M_1 ─ B_1 ─ M_2 ─ B_2 ─ M_3
    L_0         u   ─ B_0 ─ d                                  u: what a worker at the buffer sees arrive,
    L_1                     u   ─ B_1 ─ d                      d: what he sees leave
    L_2                                 u   ─ B_2 ─ d

`python -m tests.flow.exact.validation` prints the errors against Markov chains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layout.flow.exact.phases import PhaseType, fitted, followed
from layout.flow.exact.two_machine import Geometric, geometric, phase_type

# Sweeps there and back; long balanced lines take about as many as they have machines.
_SWEEPS = 200
_TOLERANCE = 1e-8
# Phases with which a wait for a part or for a place is described.
_WAIT_PHASES = 4


@dataclass(frozen=True)
class Decomposed:
    """What a decomposition found.

    throughput : parts per unit of time (per slot), the mean of all two-machine lines
    spread : largest difference between any two of them; near 0 where it has converged
    levels : mean parts between each machine and the next
    """

    throughput: float
    spread: float
    levels: tuple[float, ...]


def phase_type_line(times: Sequence[PhaseType], buffers: Sequence[int]) -> Decomposed:
    """Machines in a row with these times to completion (repairs included) and places between; blocking after service.

    The first machine is never starved, the last never blocked. As seen from its buffer a machine is starved, or
    blocked, with the probability and for the time that the neighbouring two-machine line gives; these are taken to be
    independent from part to part, and the waits to have two moments. The throughputs of all two-machine lines are
    then equal. Y. Dallery, Y. Frein, "On decomposition methods for tandem queueing networks with blocking", Operations
    Research 41 (1993) 386-399; T. Altiok, Performance Analysis of Manufacturing Systems (1997), ch. 4.
    """
    if len(buffers) != len(times) - 1:
        raise ValueError("a line needs one buffer fewer than machines")
    count = len(buffers)
    up, down = list(times[:-1]), list(times[1:])
    lines = [phase_type(up[i], down[i], buffers[i]) for i in range(count)]
    before = np.inf
    for _ in range(_SWEEPS):
        for i in range(1, count):
            lines[i - 1] = phase_type(up[i - 1], down[i - 1], buffers[i - 1])
            wait = lines[i - 1].until_part
            up[i] = times[i] if wait is None else _preceded(times[i], lines[i - 1].starved, _short(wait))
        for i in range(count - 2, -1, -1):
            lines[i + 1] = phase_type(up[i + 1], down[i + 1], buffers[i + 1])
            wait = lines[i + 1].until_place
            down[i] = times[i + 1] if wait is None else followed(times[i + 1], lines[i + 1].blocked, _short(wait))
        lines[0] = phase_type(up[0], down[0], buffers[0])
        now = lines[0].throughput
        if abs(now - before) < _TOLERANCE * now:
            break
        before = now
    lines = [phase_type(up[i], down[i], buffers[i]) for i in range(count)]
    return _found([made.throughput for made in lines], [made.level for made in lines])


def _short(wait: PhaseType) -> PhaseType:
    """A wait with its mean and, as far as a few phases allow, its variance."""
    return fitted(wait.mean, wait.scv, _WAIT_PHASES)


def _preceded(work: PhaseType, probability: float, wait: PhaseType) -> PhaseType:
    """`work`, and with this probability `wait` before it."""
    whole = followed(wait, 1.0, work)
    start = np.concatenate([probability * wait.start, (1 - probability) * work.start])
    return PhaseType(start, whole.inner)


def geometric_line(failure: Sequence[float], repair: Sequence[float], places: Sequence[int]) -> Decomposed:
    """Machines of one part a slot that fail, while they work, with these probabilities a slot, and are repaired.

    places : at least 4 between each machine and the next, both machines' own counted, as in `chains.geometric_line`
    Y. Dallery, R. David, X.-L. Xie, "An efficient algorithm for analysis of transfer lines with unreliable machines and
    finite buffers", IIE Transactions 20 (1988) 280-283.
    """
    count = len(places)
    pu, ru = list(failure[:-1]), list(repair[:-1])
    pd, rd = list(failure[1:]), list(repair[1:])

    def line(i: int) -> Geometric:
        return geometric((pu[i], pd[i]), (ru[i], rd[i]), places[i])

    before = np.inf
    for _ in range(_SWEEPS):
        for i in range(1, count):
            made = line(i - 1)
            lost = 1 / made.throughput + failure[i] / repair[i] - 1 - pd[i - 1] / rd[i - 1]  # pu / ru
            by_other = made.starved / (lost * made.throughput)  # stops that the machines before have caused
            ru[i] = ru[i - 1] * by_other + repair[i] * (1 - by_other)
            pu[i] = lost * ru[i]
        for i in range(count - 2, -1, -1):
            made = line(i + 1)
            lost = 1 / made.throughput + failure[i + 1] / repair[i + 1] - 1 - pu[i + 1] / ru[i + 1]
            by_other = made.blocked / (lost * made.throughput)
            rd[i] = rd[i + 1] * by_other + repair[i + 1] * (1 - by_other)
            pd[i] = lost * rd[i]
        now = line(0).throughput
        if abs(now - before) < _TOLERANCE * now:
            break
        before = now
    lines = [line(i) for i in range(count)]
    return _found([made.throughput for made in lines], [made.level for made in lines])


def _found(rates: list[float], levels: list[float]) -> Decomposed:
    return Decomposed(float(np.mean(rates)), max(rates) - min(rates), tuple(levels))
