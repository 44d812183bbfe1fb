"""Small Markov chains: from a rule that says what can happen next to the long-run share of each state.

`tandem` makes the chain of a serial line in continuous time, `geometric_line` that of a synchronous line in slots.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from layout.errors import LayoutError, Problem
from layout.flow.exact.phases import PhaseType
from layout.model.pose import Array

State = TypeVar("State", bound=Hashable)
MOST_STATES = 100_000
# Above this a sparse factorisation fills in more than the iteration costs.
_DIRECT = 8_000
_TOLERANCE = 1e-12
# A fixed state may be rarer than the commonest by this factor; more would cost digits.
_COMMON = 1e3
# Of the largest rate out of a state: far below what the chain does slowly, far above rounding.
_SHIFT = 1e-9


@dataclass(frozen=True, eq=False)
class Chain(Generic[State]):
    """A Markov chain in its steady state: the states reached, and the long-run share of time of each, (n,) float."""

    states: Sequence[State]
    shares: Array

    def mean(self, value: Callable[[State], float]) -> float:
        """Long-run mean of a function of the state."""
        return float(np.dot(self.shares, [value(state) for state in self.states]))


def solve(
    start: State, transitions: Callable[[State], Iterable[tuple[float, State]]], most_states: int = MOST_STATES
) -> Chain[State]:
    """The steady state of the chain that `transitions` (state -> (rate, next state)) reaches from `start`.

    All states must be reached again from one another, but for those that are left for good. Rates are per unit of
    time; for a chain in slots give probabilities (what remains is staying). Raises LayoutError beyond `most_states`.
    """
    from scipy import sparse

    numbers: dict[State, int] = {start: 0}
    states = [start]
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for here in range(most_states + 1):
        if here == len(states):
            break
        for rate, following in transitions(states[here]):
            there = numbers.setdefault(following, len(states))
            if there == len(states):
                states.append(following)
            if there != here:
                rows.append(here)
                columns.append(there)
                values.append(rate)
    if len(states) > most_states:
        raise LayoutError(
            [Problem(f"the Markov chain has more than {most_states:,} states", hint="use shorter buffers")]
        )
    n = len(states)
    rates = sparse.coo_matrix((values, (rows, columns)), shape=(n, n)).tocsr()
    kept = _recurrent(rates)
    rates = rates[kept][:, kept]
    shares = np.zeros(n)
    shares[kept] = steady(rates)
    return Chain(states, shares)


def _recurrent(rates: Any) -> Any:
    """Indices of the states that are not left for good: the last strong component, if it is the only one."""
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(rates, connection="strong")
    if count == 1:
        return np.arange(rates.shape[0])
    coo = rates.tocoo()
    leaves = set(labels[coo.row[labels[coo.row] != labels[coo.col]]].tolist())
    closed = [label for label in range(count) if label not in leaves]
    if len(closed) != 1:
        raise LayoutError(
            [Problem("the Markov chain can end in states that never meet: it has no single steady state")]
        )
    return np.flatnonzero(labels == closed[0])


def steady(rates: Any) -> Array:
    """Long-run shares (n,) of an irreducible chain with these rates, (n, n) sparse, zero diagonal.

    Solves pi Q = 0: small chains with one share fixed, which leaves a regular M-matrix, by a sparse factorisation;
    large ones as they are by GMRES from equal shares, preconditioned by a Gauss-Seidel sweep.
    W. J. Stewart, Introduction to the Numerical Solution of Markov Chains (1994), ch. 2-4.
    """
    from scipy import sparse

    n = rates.shape[0]
    if n == 1:
        return np.ones(1)
    generator = (rates - sparse.diags(np.asarray(rates.sum(axis=1)).ravel())).T.tocsc()
    found = _iterate(generator) if n > _DIRECT else None
    if found is None:
        found = _factorise(generator)
    shares = np.maximum(0.0, found)
    return np.asarray(shares / shares.sum(), dtype=float)


def _factorise(generator: Any) -> Array:
    """With the share of one state fixed. It must not be a rare one: its column would be lost in rounding.

    Which is common, one step of inverse iteration finds, however rarely the chain leaves the common ones.
    """
    from scipy import sparse
    from scipy.sparse import linalg

    n = generator.shape[0]
    shift = _SHIFT * np.abs(generator.diagonal()).max() * sparse.eye(n, format="csc")
    found: Array = linalg.splu(shift - generator).solve(np.full(n, 1 / n))
    for _ in range(3):
        fixed = int(np.argmax(found))
        rest = np.delete(np.arange(n), fixed)
        right = -generator[rest, fixed].toarray().ravel()
        found = np.ones(n)
        found[rest] = linalg.splu(generator[rest][:, rest].tocsc()).solve(right)
        if found.max() < _COMMON:
            break
    return found


def _iterate(generator: Any) -> Array | None:
    """None where it does not converge."""
    from scipy import sparse
    from scipy.sparse import linalg

    n = generator.shape[0]
    lower = linalg.spilu(sparse.tril(generator).tocsc(), drop_tol=0, permc_spec="NATURAL", diag_pivot_thresh=0)
    sweep = linalg.LinearOperator(generator.shape, lower.solve)
    equal = np.full(n, 1 / n)
    right = -(generator @ equal)
    change, failed = linalg.gmres(generator, right, rtol=_TOLERANCE, atol=0.0, restart=80, maxiter=20, M=sweep)
    return None if failed else np.asarray(equal + change, dtype=float)


@dataclass(frozen=True, eq=False)
class Mode:
    """A way to fail: exponential time between failures of this rate, then a repair.

    calendar : its clock runs whenever the machine is not down; else only while it works
    """

    rate: float
    repair: PhaseType
    calendar: bool = False


@dataclass(frozen=True, eq=False)
class Machine:
    """One server: its service time, and its failures. A failure keeps the part; its work goes on after the repair."""

    work: PhaseType
    failures: tuple[Mode, ...] = ()


@dataclass(frozen=True)
class Steady:
    """A line in its steady state.

    throughput : parts per unit of time
    wip : mean parts at each machine and in the buffer before it; the first holds one part always
    shares : of each machine, state (working, blocked, starved, down) -> share of time
    states : number of states of the chain
    """

    throughput: float
    wip: tuple[float, ...]
    shares: tuple[Mapping[str, float], ...]
    states: int


IDLE, BLOCKED = -1, -2
LineState = tuple[
    tuple[int, int, int], ...
]  # of each machine: parts there and before it, phase of work, phase of repair


def tandem(machines: Sequence[Machine], buffers: Sequence[int], most_states: int = MOST_STATES) -> Steady:
    """Machines in a row with `buffers[i]` waiting places between i and i + 1; blocking after service.

    The first machine is never starved, the last never blocked. Exact for exponential and phase-type times (pi Q = 0).
    F. S. Hillier, R. W. Boling, Operations Research 15 (1967) 286-303.
    """
    rule = _Tandem(machines, buffers)
    chain = solve(rule.start(), rule.transitions, most_states)
    last = machines[-1].work.leave
    count = len(machines)
    shares = []
    for i in range(count):
        found = dict.fromkeys(("working", "blocked", "starved", "down"), 0.0)
        for state, share in zip(chain.states, chain.shares.tolist(), strict=True):
            found[_word(state[i])] += share
        shares.append(found)
    return Steady(
        throughput=chain.mean(lambda s: float(last[s[-1][1]]) if s[-1][1] >= 0 and s[-1][2] == 0 else 0.0),
        wip=tuple(chain.mean(lambda s, i=i: s[i][0]) for i in range(count)),  # type: ignore[misc]
        shares=tuple(shares),
        states=len(chain.states),
    )


def _word(one: tuple[int, int, int]) -> str:
    _, phase, repair = one
    if repair:
        return "down"
    return "working" if phase >= 0 else "blocked" if phase == BLOCKED else "starved"


class _Tandem:
    """What can happen next in a serial line."""

    def __init__(self, machines: Sequence[Machine], buffers: Sequence[int]) -> None:
        if len(buffers) != len(machines) - 1:
            raise ValueError("a line needs one buffer fewer than machines")
        self.places = (1, *(b + 1 for b in buffers))
        self.last = len(machines) - 1
        self.begin = [_starts(m.work) for m in machines]
        self.work = [_moves(m.work) for m in machines]
        self.calendar: list[list[tuple[float, int]]] = []  # of each machine: (rate, phase of repair) of failures
        self.operating: list[list[tuple[float, int]]] = []
        self.repair: list[list[list[tuple[float, int]]]] = []  # of each machine, by phase of repair
        for machine in machines:
            clocks: tuple[list[tuple[float, int]], list[tuple[float, int]]] = ([], [])
            repairs: list[list[tuple[float, int]]] = [[]]
            for mode in machine.failures:
                first = len(repairs)
                clocks[mode.calendar].extend((mode.rate * p, first + k) for p, k in _starts(mode.repair))
                for inner, end in _moves(mode.repair):
                    repairs.append([(rate, first + k) for rate, k in inner] + ([(end, 0)] if end > 0 else []))
            self.operating.append(clocks[False])
            self.calendar.append(clocks[True])
            self.repair.append(repairs)

    def start(self) -> LineState:
        return ((1, self.begin[0][0][1], 0), *[(0, IDLE, 0)] * self.last)

    def transitions(self, state: LineState) -> Iterator[tuple[float, LineState]]:
        for i, (parts, phase, repair) in enumerate(state):
            if repair:
                for rate, following in self.repair[i][repair]:
                    yield rate, _changed(state, i, (parts, phase, following))
                continue
            for rate, following in self.calendar[i]:
                yield rate, _changed(state, i, (parts, phase, following))
            if phase < 0:
                continue
            for rate, following in self.operating[i]:
                yield rate, _changed(state, i, (parts, phase, following))
            inner, end = self.work[i][phase]
            for rate, following in inner:
                yield rate, _changed(state, i, (parts, following, 0))
            if end > 0:
                for probability, following_state in self.finish(state, i):
                    yield end * probability, following_state

    def finish(self, state: LineState, i: int) -> Iterator[tuple[float, LineState]]:
        """What may follow when machine i has done its part."""
        parts = [one[0] for one in state]
        phases = [one[1] for one in state]
        if i < self.last and parts[i + 1] == self.places[i + 1]:
            phases[i] = BLOCKED
            yield 1.0, tuple((n, p, one[2]) for n, p, one in zip(parts, phases, state, strict=True))
            return
        starts = []
        phases[i] = BLOCKED
        if i < self.last:
            parts[i + 1] += 1
            if parts[i + 1] == 1:
                starts.append(i + 1)
        while i >= 0 and phases[i] == BLOCKED:  # a part leaves machine i; one that waited for the place follows
            phases[i] = IDLE
            if i > 0:
                parts[i] -= 1
                parts[i] += phases[i - 1] == BLOCKED
            if parts[i] > 0:
                starts.append(i)
            i -= 1
        for chosen in itertools.product(*(self.begin[k] for k in starts)):
            for k, (_, first) in zip(starts, chosen, strict=True):
                phases[k] = first
            yield (
                math.prod(probability for probability, _ in chosen),
                tuple((n, p, one[2]) for n, p, one in zip(parts, phases, state, strict=True)),
            )


def _changed(state: LineState, i: int, one: tuple[int, int, int]) -> LineState:
    return (*state[:i], one, *state[i + 1 :])


def _starts(time: PhaseType) -> list[tuple[float, int]]:
    return [(p, k) for k, p in enumerate(time.start.tolist()) if p > 0]


def _moves(time: PhaseType) -> list[tuple[list[tuple[float, int]], float]]:
    """Of each phase: (rate, next phase) and the rate of ending."""
    leave = time.leave.tolist()
    return [
        ([(rate, k) for k, rate in enumerate(row) if k != phase and rate > 0], leave[phase])
        for phase, row in enumerate(time.inner.tolist())
    ]


def geometric_line(failure: Sequence[float], repair: Sequence[float], places: Sequence[int]) -> Steady:
    """Machines of one part a slot that fail, while they work, with these probabilities a slot, and are repaired.

    places[i] : parts between machine i and i + 1, counted once they have left i and until i + 1 has done them
    Machines change state at the beginning of a slot, levels at its end; a machine can only fail where it is neither
    starved nor blocked at the beginning. Throughput is parts a slot.
    S. B. Gershwin, Manufacturing Systems Engineering (1994), 3.2 and 4.2 (the deterministic processing time model).
    """
    count = len(failure)

    def transitions(state: tuple[tuple[int, ...], tuple[bool, ...]]) -> Iterator[tuple[float, Any]]:
        levels, up = state
        free = [(i == 0 or levels[i - 1] > 0) and (i == count - 1 or levels[i] < places[i]) for i in range(count)]
        chances = []
        for i in range(count):
            stays = (1 - failure[i] if free[i] else 1.0) if up[i] else repair[i]
            chances.append([(p, u) for p, u in ((stays, True), (1 - stays, False)) if p > 0])
        for chosen in itertools.product(*chances):
            moved = [u and free[i] for i, (_, u) in enumerate(chosen)]
            yield (
                math.prod(p for p, _ in chosen),
                (
                    tuple(n + moved[i] - moved[i + 1] for i, n in enumerate(levels)),
                    tuple(u for _, u in chosen),
                ),
            )

    chain = solve(((0,) * (count - 1), (True,) * count), transitions)

    def works(state: tuple[tuple[int, ...], tuple[bool, ...]], i: int) -> float:
        levels, up = state
        starved = i > 0 and levels[i - 1] == 0
        blocked = i < count - 1 and levels[i] == places[i]
        chance = (1 - failure[i]) if up[i] else repair[i]
        return 0.0 if starved or blocked else chance

    shares = []
    for i in range(count):
        working = chain.mean(lambda s, i=i: works(s, i))  # type: ignore[misc]
        starved = chain.mean(lambda s, i=i: float(i > 0 and s[0][i - 1] == 0 and s[1][i]))  # type: ignore[misc]
        blocked = chain.mean(
            lambda s, i=i: float(i < count - 1 and s[0][i] == places[i] and s[1][i] and (i == 0 or s[0][i - 1] > 0))  # type: ignore[misc]
        )
        shares.append(
            {"working": working, "blocked": blocked, "starved": starved, "down": 1 - working - blocked - starved}
        )
    wip = tuple(chain.mean(lambda s, i=i: s[0][i]) for i in range(count - 1))  # type: ignore[misc]
    return Steady(shares[-1]["working"], wip, tuple(shares), len(chain.states))
