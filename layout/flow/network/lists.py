"""Tables of a network: rows as records, times of arms and fleets, what leads from station to station."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from layout.flow.kernel import records as rec
from layout.model.results import ArmTimes, FleetTimes, Moves


def crew_times(moves: Moves, name: str) -> ArmTimes | FleetTimes:
    """Times of an arm or a fleet, which must be in `moves`."""
    return moves.fleets[name] if name in moves.fleets else moves.arms[name]


def moves_of(times: ArmTimes | FleetTimes) -> dict[str, Any]:
    """Times of an arm or of a fleet's vehicles (s): moves (n + 1, n), the last row from home; hand-overs, and home."""
    n = len(times.stations)
    endless = np.full(n, math.inf)
    if isinstance(times, FleetTimes):
        loaded = np.asarray(times.travel_s, float)
        empty = loaded if times.empty_s is None else np.asarray(times.empty_s, float)
        pick = place = times.handover_s
        home = leave_home = endless
    else:
        empty, loaded = np.asarray(times.empty_s, float), np.array(times.loaded_s, float)
        pick, place = times.pick_s, times.place_s
        home = endless if times.home_s is None else times.home_s
        leave_home = endless if times.leave_home_s is None else times.leave_home_s
    loaded = np.where(np.isfinite(loaded) & ~np.eye(n, dtype=bool), loaded, math.inf)
    return {"pick": pick, "place": place, "home": home, "empty": np.vstack([empty, leave_home]),
            "loaded": np.vstack([loaded, endless])}  # fmt: skip


def clock_table(n: int) -> tuple[Any, Any]:
    """A tournament over n clocks that stand still: times, and who is first. A power of 4 of them."""
    half = 4 ** max(-(-max(n - 1, 1).bit_length() // 2), 1)
    winner = np.arange(2 * half)
    for at in range(half, 2 * half):
        winner[at] = winner[2 * (at - half)]
    return np.full(2 * half, np.inf), winner


def chain(ways: list[dict[str, Any]], stations: list[Any], kind: str) -> None:
    """String the belts (or links) of each station together, in order: those that come in, and those that go out."""
    for k in reversed(range(len(ways))):
        for end, station in (("in", stations[ways[k]["target"]]), ("out", stations[ways[k]["origin"]])):
            ways[k][f"next_{end}"] = station[f"{kind}_{end}"]
            station[f"{kind}_{end}"] = k


def record_table(rows: Sequence[dict[str, Any]], dtype: Any) -> Any:
    """Rows as records of a dtype; what a row does not say is 0."""
    if not rows:
        return np.zeros(0, dtype)
    blank, n = dict.fromkeys(dtype.names, 0), len(dtype.names)
    return np.array([tuple((blank | row).values())[:n] for row in rows], dtype=dtype)


def stream_table(streams: list[tuple[int, float, float, float]]) -> Any:
    """Random streams by their parameters, without keys."""
    table = np.zeros(len(streams), rec.STREAM)
    for i, (kind, a, b, c) in enumerate(streams):
        table[i] = (kind, 0, 0, a, b, c, 0, 0, 0.0)
    return table
