"""Replications in the memory of those before them: the same to the last bit as in memory of their own."""

import threading
from dataclasses import replace

import pytest

from layout.flow import simulation
from layout.flow.network import compile_line
from layout.flow.output.statistics import measure
from layout.flow.simulation import FIRST_LOG, FIRST_POOL, by_events, replicate
from tests.flow.builders import (
    arm,
    arm_times,
    exponential,
    failure,
    line,
    link,
    moves,
    product,
    serial,
    station,
)


def cell():
    """An arm between two machines, one of which fails; parts come faster than they go, and wait outside."""
    names = ("source", "mill", "sink")
    stations = [
        station("source", source=exponential(4.0), servers=1, buffer=(3, 0)),
        station(
            "mill",
            {"work": exponential(5.0)},
            buffer=(1, 1),
            failures={"f": failure(exponential(90.0), exponential(9.0))},
        ),
        station("sink", sink=True),
    ]
    made = line(
        stations, [product()], arms=[arm("arm", names)], horizon_s=9000.0, warmup_s=600.0, replications=4, seed=5
    )
    return made, moves(arms={"arm": arm_times(names, (0.0, 1.0, 2.0), pick_s=0.5, place_s=0.5)})


def branching():
    """Quick machines side by side behind one that feeds both: more departures than the log holds at first."""
    stations = [
        station("source", {"cut": exponential(0.5)}, source="saturated"),
        station("a", {"work": exponential(0.9)}, buffer=(2, 0), servers=2),
        station("b", {"work": exponential(1.1)}, buffer=(2, 0)),
        station("sink", sink=True),
    ]
    ways = [link(a, b) for a, b in (("source", "a"), ("source", "b"), ("a", "sink"), ("b", "sink"))]
    made = line(
        stations, [product(route=("cut", "work"))], links=ways, horizon_s=9000.0, warmup_s=0.0, replications=3, seed=2
    )
    return made, moves()


def test_threads_see_ways_on_whole_or_not_at_all():
    """Another thread asks for them while they are being found."""
    network = compile_line(*branching())
    legs, asked = network.paths.legs, []

    class Slow(dict):
        def __getitem__(self, pair):
            if not asked:
                asked.append(None)
                other = threading.Thread(target=lambda: asked.append(list(network.onwards(source, 1))))
                other.start()
                other.join()
            return super().__getitem__(pair)

    source = network.stations.index("source")
    network = replace(network, paths=replace(network.paths, legs=Slow(legs)))
    found = network.onwards(source, 1)
    assert asked == [None, found]
    assert sorted(name for _, _, names in found for name in names) == ["a", "b"]


@pytest.mark.parametrize("made", [cell, branching, lambda: (serial([exponential(1.0)] * 3, 2), moves())])
def test_memory_is_used_again(made):
    made, times = made()
    network = compile_line(made, times)
    last, rooms = None, set()
    for i in (0, 1, 0, 2):
        end_s, warmup_s = made.time.horizon_s, made.time.warmup_s
        alone, pool = by_events(network, made.time.seed, i, end_s, warmup_s, FIRST_POOL)
        fits = last if last is not None and last.parts.size == pool else None
        world, _ = by_events(network, made.time.seed, i, end_s, warmup_s, pool, used=fits)
        if fits is not None:
            assert world.parts.ctypes.data == last.parts.ctypes.data
        assert world.departures.tobytes() == alone.departures.tobytes()
        assert measure(network, world) == measure(network, alone)
        for table in ("stations", "modes", "streams", "arms", "links", "when"):
            assert getattr(world, table).tobytes() == getattr(alone, table).tobytes()
        last = world
        rooms.add((pool > FIRST_POOL, alone.departures.size > FIRST_LOG // 2))
    if made.arms:
        assert (True, False) in rooms
    elif len(made.stations) == 4:
        assert rooms == {(False, True)}


def test_replications_by_themselves():
    made, times = cell()
    network = compile_line(made, times)
    for i, found in enumerate(replicate(made, times, seed=5, replications=3)):
        world, _ = by_events(network, 5, i, made.time.horizon_s, made.time.warmup_s, 8 * FIRST_POOL)
        assert found == measure(network, world)


@pytest.mark.parametrize("made", [cell, branching])
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_nothing(monkeypatch, made, threads):
    made, times = made()
    monkeypatch.setattr(simulation, "_processors", lambda: 1)
    alone = simulation.simulate(made, times, replications=5)
    monkeypatch.setattr(simulation, "_processors", lambda: threads)
    assert repr(simulation.simulate(made, times, replications=5)) == repr(alone)
