"""Arms and fleets as tables: their units, the times of their moves, and what may give them a task."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel import records as rec
from layout.flow.network.lists import crew_times, moves_of, record_table
from layout.flow.network.masks import Shared
from layout.flow.network.stops import between_tasks
from layout.flow.network.turns import turns_of
from layout.flow.paths import Paths, by_name
from layout.model.line import Fleet, Line
from layout.model.results import Moves

_FLAT = {
    **dict.fromkeys(("pick", "place", "empty", "loaded", "home"), np.float64),
    **dict.fromkeys(
        ("arm_of", "arm_at", "zone_at", "feeder_at", "stop_at", "fetch", "carry", "inside", "way_out", "carried_to"),
        np.int64,
    ),
}  # tables of all arms and fleets, one after another


def crews_of(line: Line, moves: Moves) -> list[str]:
    """Arms and fleets with times, in the order of their tables."""
    return [name for name in by_name((*line.arms, *line.fleets)) if name in moves.arms or name in moves.fleets]


def crew_tables(
    line: Line, moves: Moves, paths: Paths, stations: list[dict[str, Any]], hop: Any, ruled: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Records of the units, without clocks, and the tables of all arms and fleets, one after another.

    Stations get the bits of those who may have a task for what changes there: who serves them; but who waits for its
    turn, for a zone or by a rule may do so for what changes anywhere.
    hop : (stations, stations) int, the next station on the way from row to column; ruled : as in `records.RUN`
    """
    shared = Shared(line, moves)
    at = {name: s for s, name in enumerate(by_name(line.stations))}
    units: list[dict[str, Any]] = []
    local: list[Any] = []
    flat: dict[str, list[Any]] = {name: [] for name in _FLAT}
    turns: list[dict[str, Any]] = []
    offset = offset2 = 0
    for number, name in enumerate(crews_of(line, moves)):
        crew = line.fleets.get(name) or line.arms[name]
        times = crew_times(moves, name)
        rows = [at.get(s, -1) for s in times.stations]
        n = len(rows)
        served = [r if s in crew.serves else -1 for r, s in zip(rows, times.stations, strict=True)]
        row_of = np.full(len(at), -1, np.int64)
        for i, s in enumerate(served):
            if s >= 0:
                row_of[s] = i
        reachable = sorted(s for s in served if s >= 0)
        zones = shared.of(name, times)
        lead, k = len(units), crew.units if isinstance(crew, Fleet) else 1
        turn0 = len(turns)
        for station, feeders in turns_of(crew, line, paths):
            turns.append({"station": at[station], "feeder0": len(flat["feeder_at"]),
                          "feeders": -1 if feeders is None else len(feeders)})  # fmt: skip
            flat["feeder_at"] += [at[s] for s in feeders or ()]
        bit = 1 << number % 63
        anywhere = ruled or zones.numbers or len(turns) > turn0
        for row in stations if anywhere else [stations[s] for s in reachable]:
            row["arms"] = row.get("arms", 0) | bit
        stops, fields = between_tasks(crew, times, len(flat["stop_at"]))
        flat["stop_at"] += stops
        docks = [i for i, s in enumerate(served) if s >= 0]
        for unit in range(k):
            units.append({"n": n, "stops": len(reachable), "offset": offset, "offset2": offset2, "part": -1,
                          "rule": rec.RULES[crew.dispatch], "lead": lead, "units": k, "bit": bit,
                          "idle": 0 if unit else k, "ended": -1.0,
                          "position": n if zones.inside[0] else docks[unit % len(docks)],
                          "zones": len(zones.numbers), "zone0": len(flat["zone_at"]),
                          "turn0": turn0, "turns": len(turns) - turn0, **fields})  # fmt: skip
            local.append(row_of)
        flat["arm_of"] += rows
        flat["arm_at"] += reachable + [-1] * (n - len(reachable))
        flat["zone_at"] += zones.numbers
        timed = moves_of(times)
        for kind, values in (*timed.items(), ("fetch", zones.fetch), ("carry", zones.carry),
                             ("inside", zones.inside), ("way_out", zones.way_out),
                             ("carried_to", _carried_to(hop[rows], row_of, timed["loaded"]))):  # fmt: skip
            flat[kind] += np.ravel(values).tolist()
        offset += n
        offset2 += (n + 1) * n
    tables = {table: np.array(values, _FLAT[table]) for table, values in flat.items()}
    zones_table = np.zeros(shared.count, rec.ZONE)
    zones_table["holder"] = -1
    return units, {
        "local": np.array(local, np.int64).reshape(len(units), len(at)),
        "turns": record_table(turns, rec.TURN),
        "zones": zones_table,
        "moved": np.zeros(offset2, np.int64),
        **tables,
        "carried_to": tables["carried_to"].reshape(offset, len(at)),
    }


def _carried_to(hop: Any, row_of: Any, loaded: Any) -> Any:
    """hop : (n, stations), of a crew's rows, or -1 -> the same where it carries parts on that hop, else -1."""
    row = np.where(hop >= 0, row_of[hop], -1)
    carries = np.take_along_axis(loaded[:-1], np.maximum(row, 0), axis=1) < np.inf
    return np.where((row >= 0) & carries, hop, -1)
