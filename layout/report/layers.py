"""A network of flows in layers from left to right: which flows lead back, who stands where, with few crossings.

After Sugiyama, Tagawa and Toda (IEEE Trans. Systems, Man and Cybernetics 11, 1981): cycles are opened, stations get a
layer, long flows get a place in every layer that they pass, places are ordered by the mean of their neighbours'.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Pair = tuple[str, str]
SWEEPS = 24


@dataclass(frozen=True)
class Spot:
    """A place in a layer: a station, or a flow that passes through it (then `flow` says which)."""

    layer: int
    name: str
    flow: Pair | None = None


@dataclass(frozen=True)
class Layers:
    """Stations and flows, layered.

    columns : spots of each layer, top to bottom
    ways : forward flow -> the spots it leads along, from its origin to its target
    back : flows that lead back to a layer before, or to their own
    """

    columns: tuple[tuple[Spot, ...], ...]
    ways: Mapping[Pair, tuple[Spot, ...]]
    back: tuple[Pair, ...]

    @property
    def stations(self) -> tuple[str, ...]:
        """All stations: by layer, then from top to bottom."""
        return tuple(spot.name for column in self.columns for spot in column if spot.flow is None)


def layered(flows: Mapping[Pair, float]) -> Layers:
    """Layers of a network. flows : (origin, target) -> how much; of a cycle the least flow leads back."""
    forward, back = _opened(flows)
    layer = _layers(forward)
    columns: list[list[Spot]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    spots = {name: Spot(at, name) for name, at in layer.items()}
    for name in sorted(layer, key=natural):
        columns[layer[name]].append(spots[name])
    ways: dict[Pair, tuple[Spot, ...]] = {}
    for origin, target in forward:
        passed = [Spot(at, origin, (origin, target)) for at in range(layer[origin] + 1, layer[target])]
        for spot in passed:
            columns[spot.layer].append(spot)
        ways[origin, target] = (spots[origin], *passed, spots[target])
    return Layers(tuple(map(tuple, _ordered(columns, ways, flows))), ways, tuple(back))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts "mill 2" before "mill 10"."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part)


def _opened(flows: Mapping[Pair, float]) -> tuple[list[Pair], list[Pair]]:
    """Flows that lead forward, biggest first, and those that would close a cycle with bigger ones."""
    after: dict[str, set[str]] = {}
    forward: list[Pair] = []
    back: list[Pair] = []
    for origin, target in sorted(flows, key=lambda f: (-flows[f], natural(f[0]), natural(f[1]))):
        if origin == target or origin in _reached(target, after):
            back.append((origin, target))
        else:
            forward.append((origin, target))
            after.setdefault(origin, set()).add(target)
    return forward, back


def _reached(start: str, after: Mapping[str, Iterable[str]]) -> set[str]:
    seen, todo = {start}, [start]
    while todo:
        for name in after.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def _layers(forward: Sequence[Pair]) -> dict[str, int]:
    """Each station as far right as the longest way to it asks; one that nothing comes to just before who it feeds."""
    layer = dict.fromkeys((name for pair in forward for name in pair), 0)
    for _ in layer:
        for origin, target in forward:
            layer[target] = max(layer[target], layer[origin] + 1)
    fed = {target for _, target in forward}
    for name in layer:
        if name not in fed:
            layer[name] = min(layer[target] for origin, target in forward if origin == name) - 1
    return layer


def _ordered(
    columns: list[list[Spot]], ways: Mapping[Pair, Sequence[Spot]], flows: Mapping[Pair, float]
) -> list[list[Spot]]:
    """The columns, each ordered by the mean place of the neighbours, to and fro; the order with fewest crossings."""
    links = [(a, b, flows[flow]) for flow, way in ways.items() for a, b in itertools.pairwise(way)]
    best, fewest = columns, _crossings(columns, links)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        columns = [list(column) for column in columns]
        rightward = sweep % 2 == 0
        place = _places(columns)
        for column in columns[1:] if rightward else columns[-2::-1]:
            mean = {}
            for spot in column:
                near = [(place[a if b == spot else b], w) for a, b, w in links if spot in (a, b)]
                side = [(y, w) for (y, w), (a, b, _) in zip(near, (k for k in links if spot in k[:2]), strict=True)
                        if (b == spot) == rightward]  # fmt: skip
                use = side or near
                mean[spot] = sum(y * w for y, w in use) / (sum(w for _, w in use) or 1.0)
            column.sort(key=mean.__getitem__)
            place.update({spot: i - len(column) / 2 for i, spot in enumerate(column)})
        crossed = _crossings(columns, links)
        if crossed < fewest:
            best, fewest = columns, crossed
    return best


def _places(columns: Sequence[Sequence[Spot]]) -> dict[Spot, float]:
    return {spot: i - len(column) / 2 for column in columns for i, spot in enumerate(column)}


def _crossings(columns: Sequence[Sequence[Spot]], links: Sequence[tuple[Spot, Spot, float]]) -> float:
    """Crossings of flows, each weighing as much as the lesser of the two."""
    place = _places(columns)
    total = 0.0
    for i, (a, b, w) in enumerate(links):
        for c, d, v in links[:i]:
            if a.layer == c.layer and (place[a] - place[c]) * (place[b] - place[d]) < 0:
                total += min(w, v)
    return total
