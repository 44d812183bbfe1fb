"""Lines of two machines with one buffer between them, in closed form or as small sparse systems.

The first machine is never starved, the second never blocked. Throughputs are parts per unit of time (per slot, where
time comes in slots).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layout.flow.exact.phases import PhaseType, interrupted
from layout.flow.exact.phases import exponential as exponential_time
from layout.model.pose import Array


def exponential(first: float, second: float, buffer: int) -> float:
    """Throughput of two exponential machines with these rates; blocking after service.

    A birth-death chain of `buffer + 3` states, the queue M/M/1 with `buffer + 2` places; (b + 2) / (b + 3) at equal
    rates of 1. F. S. Hillier, R. W. Boling, Operations Research 15 (1967) 286-303.
    """
    shares = (
        (first / second) ** np.arange(buffer + 3)
        if first <= second
        else (second / first) ** np.arange(buffer + 2, -1, -1)
    )
    return float(second * (1 - shares[0] / shares.sum()))


def failing(
    rates: tuple[float, float], failure: tuple[float, float], repair: tuple[float, float], buffer: int
) -> float:
    """Throughput of two exponential machines that fail only while they work, with exponential repairs (all: rates).

    S. B. Gershwin, Manufacturing Systems Engineering (1994), 3.3; solved as a sparse system.
    """
    first, second = (
        interrupted(exponential_time(mu), [(p, exponential_time(r))])
        for mu, p, r in zip(rates, failure, repair, strict=True)
    )
    return phase_type(first, second, buffer).throughput


def bernoulli(first: float, second: float, places: int) -> float:
    """Throughput of two machines that make a part in a slot with these probabilities.

    places : parts between them, counted from the end of the slot in which the first made them. Blocked before service:
    the first does not work where the buffer is full and the second makes nothing.
    J. Li, S. M. Meerkov, Production Systems Engineering (2009), 4.2.
    """
    if math.isclose(first, second, rel_tol=1e-12):
        empty = (1 - first) / (places + 1 - first)
    else:
        a = first * (1 - second) / (second * (1 - first))
        empty = (1 - first) * (1 - a) / (1 - first / second * a**places)
    return second * (1 - empty)


@dataclass(frozen=True)
class Geometric:
    """Two machines of one part a slot: parts a slot, and the shares that link them with a line's other machines.

    starved : share of slots with an empty buffer, the first machine down, the second up
    blocked : share of slots with a full buffer, the first machine up, the second down
    level : mean number of parts between them
    """

    throughput: float
    starved: float
    blocked: float
    level: float


def geometric(failure: tuple[float, float], repair: tuple[float, float], places: int) -> Geometric:
    """Two machines of one part a slot that fail with these probabilities a slot, only while they work; closed form.

    places : at least 4; both machines' own places counted
    S. B. Gershwin, Manufacturing Systems Engineering (1994), 3.2 (J. A. Buzacott 1967).
    """
    if places < 4:
        raise ValueError("the closed form needs at least 4 places")
    p1, p2 = failure
    r1, r2 = repair
    both = r1 + r2 - r1 * r2
    lost = p1 + p2 - p1 * p2
    y1 = (both - r1 * p2) / (lost - p1 * r2)
    y2 = (both - p1 * r2) / (lost - r1 * p2)
    x = y2 / y1
    inner = np.arange(2, places - 1)
    # powers of x counted from the larger end, so that long buffers do not overflow
    shift = places - 1 if x > 1 else 1

    def power(n: int) -> float:
        return math.exp((n - shift) * math.log(x))

    powers = np.exp((inner - shift) * math.log(x))
    low, high = power(1), power(places - 1)
    empty_01 = low * (both - r1 * p2) / (r1 * p2)
    one = {"00": low, "01": low * y2, "11": low / p2 * (both - r1 * p2) / (lost - r1 * p2)}
    most = {"00": high, "10": high * y1, "11": high / p1 * (both - p1 * r2) / (lost - p1 * r2)}
    full_10 = high * (both - p1 * r2) / (p1 * r2)
    inside = (1 + y1) * (1 + y2) * powers.sum()
    whole = empty_01 + sum(one.values()) + inside + sum(most.values()) + full_10
    # slots in which the second machine made a part: it is up at their end, and the buffer was not empty before
    made = y2 * (1 + y1) * powers.sum() + one["01"] + one["11"] + most["11"]
    level = (
        sum(one.values())
        + (1 + y1) * (1 + y2) * (inner * powers).sum()
        + (places - 1) * sum(most.values())
        + places * full_10
    )
    return Geometric(float(made / whole), float(empty_01 / whole), float(full_10 / whole), float(level / whole))


@dataclass(frozen=True, eq=False)
class PhaseTypeLine:
    """Two machines of phase-type times: parts per unit of time, and what its neighbours in a longer line need.

    starved : probability that a part that leaves the second machine leaves it starved; `until_part` the time that it
        then waits (None where it never does)
    blocked : probability that a part done by the first machine finds no place; `until_place` the time that it waits
    level : mean number of parts in the buffer, at the second machine, and waiting done at the first
    """

    throughput: float
    starved: float
    until_part: PhaseType | None
    blocked: float
    until_place: PhaseType | None
    level: float


def phase_type(first: PhaseType, second: PhaseType, buffer: int) -> PhaseTypeLine:
    """Two machines of phase-type times; blocking after service. Exact.

    Levels: parts done by the first and not yet by the second, 0 (starved) to buffer + 2 (blocked). Solved level by
    level: D. P. Gaver, P. A. Jacobs, G. Latouche, "Finite birth-and-death models in randomly changing environments",
    Adv. Appl. Prob. 16 (1984) 715-731.
    """
    a, b = first.size, second.size
    both = np.kron(first.inner, np.eye(b)) + np.kron(np.eye(a), second.inner)
    up = np.kron(np.outer(first.leave, first.start), np.eye(b))
    down = np.kron(np.eye(a), np.outer(second.leave, second.start))
    # rates upwards out of each level, within it, and downwards out of it
    ups = [np.outer(first.leave, np.kron(first.start, second.start)), *[up] * buffer]
    ups += [np.kron(first.leave[:, None], np.eye(b))]
    inside = [first.inner, *[both] * (buffer + 1), second.inner]
    downs = [np.kron(np.eye(a), second.leave[:, None]), *[down] * buffer]
    downs += [np.outer(second.leave, np.kron(first.start, second.start))]
    # towards the end where parts gather: levels that are hardly ever left towards the others would cost digits
    rising = first.mean < second.mean
    shares = _levels(downs[::-1], inside[::-1], ups[::-1])[::-1] if rising else _levels(ups, inside, downs)
    made = float(shares[0] @ first.leave + sum((level @ up).sum() for level in shares[1:-1]))
    starving = shares[1].reshape(a, b) @ second.leave  # phase of the first machine as the second becomes starved
    blocking = first.leave @ shares[-2].reshape(a, b)
    return PhaseTypeLine(
        throughput=made,
        starved=float(starving.sum()) / made,
        until_part=PhaseType(starving / starving.sum(), first.inner) if starving.sum() > 0 else None,
        blocked=float(blocking.sum()) / made,
        until_place=PhaseType(blocking / blocking.sum(), second.inner) if blocking.sum() > 0 else None,
        level=sum(n * float(level.sum()) for n, level in enumerate(shares)),
    )


def _levels(up: Sequence[Any], inside: Sequence[Array], down: Sequence[Any]) -> list[Array]:
    """Shares of the phases of each level, eliminated from the last to the first; all sum to 1.

    up[n], down[n] : rates from level n to n + 1, and back; inside[n] : within level n
    """
    ratios: list[Any] = []
    rest: Any = inside[-1]
    for n in range(len(up) - 1, -1, -1):
        ratios.append(np.linalg.solve(-rest.T, up[n].T).T)
        rest = inside[n] + ratios[-1] @ down[n]
    # shares of level 0: rest has a null vector on the left
    first = len(rest)
    system = np.vstack([rest.T, np.ones(first)])
    shares = [np.linalg.lstsq(system, np.append(np.zeros(first), 1.0), rcond=None)[0]]
    for ratio in reversed(ratios):
        shares.append(shares[-1] @ ratio)
    whole = sum(float(level.sum()) for level in shares)
    return [np.asarray(np.maximum(0.0, level) / whole) for level in shares]
