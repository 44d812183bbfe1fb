"""Lines that stand still among bodies: something waits for ever, and nothing else has gone wrong."""

from __future__ import annotations

from collections.abc import Sequence

from layout.flow.departures import Left
from layout.model.line import Line
from layout.model.physical import Incident
from layout.model.results import Moves
from layout.rollout.waits import leaving

DRAIN_S, INTO_M = 10.0, 0.5
"""Bodies may take longer than assumed: so much time is left for the last of them, and for so much more way at both ends
of each belt."""
STALLED = 5
"""So many parts would have left since the last one did: failures, breaks and waits for vehicles are in what is
expected, so a line that runs is behind by a part or two."""


def drain_s(line: Line) -> float:
    """How much longer (s) than assumed bodies may take for a part's whole way."""
    return DRAIN_S + sum(2 * INTO_M / belt.speed_m_s for belt in line.belts.values())


def stalled(
    line: Line, moves: Moves, left: Sequence[Left], *, seed: int | None, replication: int, end_s: float
) -> Incident | None:
    """Whether parts have stopped leaving by a time (s) at which they should; left : those that did."""
    until_s = end_s - drain_s(line)
    last_s = max((part.time_s for part in left), default=0.0)
    if until_s <= last_s:
        return None
    seed = line.time.seed if seed is None else seed
    expected = leaving(line, moves, seed=seed, replication=replication, until_s=until_s)
    missing = [part for part in expected if part.time_s > last_s]
    if len(missing) < STALLED:
        return None
    sink = line.stations[line.products[missing[0].product].sinks[0]]
    at = (sink.pose.x_m, sink.pose.y_m, sink.model.height_m / 2)
    cause = f"since {last_s:.0f} s none has left, although {len(missing)} should have by {until_s:.0f} s"
    return Incident(
        last_s, "stalled", (sink.name,), at, float(len(missing)), "parts", cause, product=missing[0].product,
        limit=float(STALLED),
    )  # fmt: skip
