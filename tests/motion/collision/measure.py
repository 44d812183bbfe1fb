"""How long collision checks take: `python tests/motion/collision/measure.py` (caches of numba filled by a first run).

An arm of the flagship cell among its machines, at its hand-over and approach configurations and between them.
Figures are CPU time on one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from layout import motion
from layout.files.scenario import load_scenario
from layout.model.line import Layout
from layout.model.realise import realise
from layout.motion.collision import any_hit, first_hit, free, gap, gjk, mover, surroundings

SCENARIO = Path(__file__).parents[3] / "experiments" / "machining_cell.yaml"
MARGIN_M = 0.01


def took_us(call: Callable[[], object], times: int) -> float:
    call()
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times * 1e6


def main() -> None:
    scenario = load_scenario(SCENARIO)
    assert scenario.start is not None
    line = realise(scenario, Layout(scenario.start))
    name, arm = next(iter(line.arms.items()))
    hull = np.array([[x, y, z] for x in (-0.05, 0.05) for y in (-0.05, 0.05) for z in (-0.03, 0.03)])
    moves, around = mover(arm.model, hull), surroundings(line, name)
    stands, pieces = len(around.names), len(around.things.round_m)
    print(f"{arm.model.name}: {len(moves.names)} pieces, {len(moves.bodies.pairs)} own pairs")
    print(f"around it: {stands} things, {pieces} pieces\n")
    found = {}
    for station in arm.serves:
        option = next(iter(motion.reach(arm, line.stations[station]).found.values()))
        found[station] = (option.approach, option.handover)
    for row, what in enumerate(("approach", "hand-over")):
        many = np.vstack([pair[row] for pair in found.values()])
        each = took_us(lambda m=many: free(moves, around, m, MARGIN_M), 20) / len(many)
        print(f"free, {what + ' configurations':27} {each:7.1f} us each")
        each = took_us(lambda m=many: [gap(moves, around, q) for q in m], 2) / len(many)
        print(f"gap, {what + ' configurations':28} {each:7.1f} us each")
    good = {station: pair[0][free(moves, around, pair[0], MARGIN_M)][:4] for station, pair in found.items()}
    ways = [np.stack([a, b]) for one in good for other in good if one != other for a in good[one] for b in good[other]]
    clear = [way for way in ways if first_hit(moves, around, way, MARGIN_M) is None]
    fine = [np.linspace(way[0], way[1], 60) for way in clear]
    blocked = [way for way in ways if first_hit(moves, around, way, MARGIN_M) is not None]
    for title, some in (("free transfers", clear), ("free transfers in 60 rows", fine), ("blocked transfers", blocked)):
        for check in (first_hit, any_hit):
            each = took_us(lambda s=some, c=check: [c(moves, around, way, MARGIN_M) for way in s], 3) / max(
                len(some), 1
            )
            print(f"{check.__name__:9} {len(some):4} {title:27} {each:7.0f} us each")
    rng = np.random.default_rng(0)
    bodies = [rng.normal(size=(12, 3)) * 0.3 for _ in range(400)]
    far = [body + [1.0, 0.5, 0.2] for body in bodies]
    each = took_us(lambda: [gjk.distance(a, b) for a, b in zip(bodies, far, strict=True)], 5) / len(bodies)
    print(f"exact distance of two bodies of 12 points      {each:7.2f} us each, call from Python included")
    again = took_us(lambda: surroundings(line, name), 1000)
    print(f"surroundings of the same line again            {again:7.2f} us")


if __name__ == "__main__":
    main()
