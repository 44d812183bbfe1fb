"""Which part left the line when, in the flow simulation: to lay beside another run of the same streams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from layout.flow.kernel import records as rec
from layout.flow.network import Network, compile_line
from layout.flow.simulation import FIRST_POOL, FIRST_TRACE, by_events
from layout.model.line import Line
from layout.model.results import Moves


class Left(NamedTuple):
    """A good part that left the line. made_at, nth : it was the nth (from 0) that began at that station.

    Which part is which in two runs of the same streams: parts of one station begin in the same order in both, while
    the numbers of all parts together depend on what other stations do meanwhile.
    """

    time_s: float
    product: str
    part: int
    made_at: str
    nth: int


def departures(
    line: Line, moves: Moves, *, seed: int | None = None, replication: int = 0, until_s: float
) -> tuple[Left, ...]:
    """The good parts that leave the line up to until_s in one replication of the flow simulation, in order."""
    network = compile_line(line, moves)
    seed = line.time.seed if seed is None else seed
    world, _ = by_events(network, seed, replication, until_s, 0.0, FIRST_POOL, FIRST_TRACE)
    return departed(network, world.trace[: int(world.run["traced"][0])].tolist())


def departed(network: Network, rows: Iterable[tuple[Any, ...]]) -> tuple[Left, ...]:
    """The good parts that left, by rows of `records.TRACE`."""
    began: dict[int, tuple[int, int]] = {}
    counts = [0] * len(network.stations)
    found = []
    for kind, index, state, part, product, _, _, _, time_s, _ in rows:
        if kind == rec.MADE:
            began[part] = index, counts[index]
            counts[index] += 1
        elif kind == rec.GONE:
            s, nth = began.pop(part)
            if state == rec.LEFT:
                found.append(Left(time_s, network.products[product], part, network.stations[s], nth))
    return tuple(found)
