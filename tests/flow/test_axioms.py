"""What must hold for every line, whatever its numbers."""

import itertools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.flow import bound, simulate, trace
from layout.flow.kernel.streams import name_key
from layout.flow.network import compile_line
from layout.flow.simulation import replicate
from layout.model.distribution import Distribution
from tests.flow import drawn as streams
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    failure,
    fleet,
    fleet_times,
    line,
    link,
    moves,
    product,
    serial,
    station,
    timed,
    zone,
)
from tests.flow.recursion import recursion

FEW = settings(max_examples=25, deadline=None, derandomize=True)
TIMES = st.lists(st.floats(0.2, 5.0), min_size=2, max_size=5)
SHORT = {"horizon_s": 600.0, "warmup_s": 60.0, "replications": 2}


@st.composite
def rows(draw):
    """Mean times of 2 to 5 machines, waiting places between them, and whether times are random."""
    times = draw(TIMES)
    places = draw(st.lists(st.integers(0, 3), min_size=len(times) - 1, max_size=len(times) - 1))
    return times, places, draw(st.booleans())


def row(times, places, random, **changes):
    made = [Distribution("lognormal", (t, 0.7)) if random else t for t in times]
    return serial(made, places, **{**SHORT, **changes})


@st.composite
def cells(draw):
    """Arms, vehicles, a belt, two products, three machines (one twice), doors, failures, a zone: all that it knows."""
    t = lambda: Distribution("gamma", (draw(st.floats(2.0, 20.0)), draw(st.sampled_from([0.3, 1.0, 1.5]))))  # noqa: E731
    buffer = st.tuples(st.integers(0, 2), st.integers(0, 2))
    mode = {"stop": failure(exponential(200.0), exponential(20.0), draw(st.sampled_from(["operating", "calendar"])))}
    machines = [
        station("saw", {"cut": {"p": t(), "q": t()}}, buffer=draw(buffer), failures=mode),
        station("mill 1", {"mill": {"p": t()}}, buffer=draw(buffer), failures=mode),
        station("mill 2", {"mill": {"p": t()}}, buffer=draw(buffer), servers=draw(st.integers(1, 2))),
    ]
    ends = [station("dock", source=draw(st.sampled_from(["saturated", exponential(9.0)]))), station("infeed"),
            station("exit", sink=True)]  # fmt: skip
    serves = ["infeed", "saw", "mill 1", "mill 2", "exit"]
    products = [product("p", ["cut", "mill"], share=0.6, sources=["dock"], sinks=["exit"]),
                product("q", ["cut"], share=0.4, sources=["dock"], sinks=["exit"])]  # fmt: skip
    rule = draw(st.sampled_from(["first_come", "nearest", "longest_waiting", "pull"]))
    arms = [arm("left", serves, rule), *([arm("right", serves, rule)] if draw(st.booleans()) else [])]
    fleets = [fleet("carts", draw(st.integers(1, 3)), serves, rule)] if draw(st.booleans()) else []
    made = line(ends + machines, products, arms=arms, belts=[belt("dock", "infeed")], fleets=fleets, horizon_s=3000.0,
                warmup_s=300.0)  # fmt: skip
    at_m = draw(st.permutations([0.0, 1.0, 2.0, 3.0, 4.0]))
    times = arm_times(serves, at_m, speed_m_s=draw(st.floats(0.5, 4.0)), pick_s=0.5, place_s=0.7, home_m=2.5)
    every = dict.fromkeys([a.name for a in arms], times)
    shared = draw(st.lists(st.sampled_from(serves), unique=True))
    return made, moves(
        every,
        {"dock~infeed": belt_times(5.0, 4, 1.0)},
        doors={"mill 1": (draw(st.floats(0.0, 3.0)), 1.0)} if draw(st.booleans()) else {},
        fleets={f.name: fleet_times(serves, at_m, speed_m_s=0.8, handover_s=0.9) for f in fleets},
        zones=[zone("middle", every, dict.fromkeys(every, shared))] if len(arms) > 1 else [],
    )


@FEW
@given(cells())
def test_shares_sum_to_one_and_no_part_is_lost(cell):
    made, times = cell
    for run in replicate(made, times, seed=1, replications=2):
        for shares in run.shares.values():
            assert sum(shares.values()) == pytest.approx(1.0, abs=1e-9)
            assert all(-1e-12 <= share <= 1 + 1e-12 for share in shares.values())
        assert run.entered == run.left + run.inside
        assert run.wip * 2700.0 == pytest.approx(run.sojourn_s, rel=1e-9, abs=1e-6)


@FEW
@given(cells(), st.randoms())
def test_the_order_of_a_file_changes_nothing(cell, random):
    made, times = cell

    def shuffled(mapping):
        names = list(mapping)
        random.shuffle(names)
        return {name: mapping[name] for name in names}

    mixed = replace(
        made, **{k: shuffled(getattr(made, k)) for k in ("stations", "products", "arms", "belts", "links", "fleets")}
    )
    assert simulate(mixed, times) == simulate(made, times)
    assert bound(mixed, times) == pytest.approx(bound(made, times))


@FEW
@given(cells())
def test_no_cell_makes_more_than_its_bound(cell):
    """Long runs; the parts that the line holds are all that a window may gain."""
    made, times = cell
    made = timed(made, horizon_s=40_000.0, warmup_s=2_000.0, replications=4)
    found = simulate(made, times)
    assert found.throughput_per_h.mean <= bound(made, times) * 1.01 + found.throughput_per_h.half_width
    assert bound(made, moves()) >= bound(made, times) - 1e-9


@FEW
@given(rows())
def test_no_row_makes_more_than_its_bound(made):
    times, places, _ = made
    given_line = row(times, places, False, horizon_s=2000.0)
    limit = bound(given_line, moves())
    assert limit == pytest.approx(3600 / max(times))
    assert simulate(given_line, moves()).throughput_per_h.mean <= limit * (1 + 2 / (1940.0 / max(times)))


@FEW
@given(rows())
def test_a_mirrored_row_of_fixed_times_is_as_fast(made):
    times, places, _ = made
    forth, back = row(times, places, False), row(times[::-1], places[::-1], False)
    assert simulate(forth, moves()).throughput_per_h.mean == pytest.approx(
        simulate(back, moves()).throughput_per_h.mean, abs=2 * 3600 / 540.0
    )


@FEW
@given(rows(), st.data())
def test_more_places_never_hurt(made, data):
    """The same draws: each part leaves no later."""
    times, places, random = made
    more = [b + data.draw(st.integers(0, 2)) for b in places]
    few, many = row(times, places, random), row(times, more, random)
    assert all(a <= b for a, b in zip(departures(many), departures(few), strict=False))


@FEW
@given(rows(), st.data())
def test_a_faster_machine_never_hurts(made, data):
    times, places, random = made
    i = data.draw(st.integers(0, len(times) - 1))
    faster = [t * 0.7 if j == i else t for j, t in enumerate(times)]
    assert all(a <= b + 1e-9 for a, b in zip(departures(row(faster, places, random)),
                                             departures(row(times, places, random)), strict=False))  # fmt: skip


def departures(made):
    last = list(made.stations)[-1]
    return [e.end_s for e in trace(made, moves(), until_s=600.0) if e.resource == last and e.state == "working"]


@FEW
@given(rows())
def test_links_of_no_time_make_a_plain_blocking_line(made):
    """The recursion for single machines in a row, fed by the same draws: every part to the last digits."""
    base = row(*made)
    network = compile_line(base, moves())
    world = network.start(1, 0, 1.0, 0.0, 1, 0, 0)
    ours = departures(base)
    drawn = []
    for i in range(len(made[0])):
        (k,) = np.flatnonzero(network.stream_names == np.uint64(name_key("process", f"m{i + 1}", f"op{i + 1}", "part")))
        drawn.append(streams.times(world, int(k), len(ours) + 1))
    theirs = [t for t in recursion(drawn, made[1], len(ours) + 1) if t < 600.0]
    assert ours[: len(theirs)] == pytest.approx(theirs, abs=1e-9)


@FEW
@given(cells())
def test_trace_is_the_run_that_was_counted(cell):
    made, times = cell
    made = timed(made, warmup_s=0.0)
    put_down = [e for e in trace(made, times, until_s=3000.0)
                if e.state == "handling" and e.target == "exit" and e.end_s < 3000.0]  # fmt: skip
    assert len(put_down) / (3000.0 / 3600) == pytest.approx(
        simulate(made, times, replications=1).samples_per_h[0], abs=3
    )
    busy: dict[str, list[tuple[float, float]]] = {}
    for e in trace(made, times, until_s=3000.0):
        if e.state in ("moving_empty", "moving_loaded", "handling"):
            busy.setdefault(e.resource, []).append((e.start_s, e.end_s))
    for spans in busy.values():
        assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(spans))


def test_same_seed_same_bytes_in_another_process():
    code = (
        "from tests.flow.builders import *\nfrom layout.flow import simulate\n"
        "print(repr(simulate(serial([exponential(1.0)] * 3, 1, horizon_s=3000.0), moves(), seed=9)))"
    )
    told = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    ]
    here = repr(simulate(serial([exponential(1.0)] * 3, 1, horizon_s=3000.0), moves(), seed=9)) + "\n"
    assert told == [here, here]


def test_samples_as_recorded():
    """Two arms, a belt, failures: as counted before vehicles, doors and zones were known. A change here is a change of
    what the words mean, or of the draws."""
    mode = {"stop": failure(exponential(400.0), exponential(40.0))}
    names = ["infeed", "saw", "mill 1", "mill 2", "exit"]
    stations = [
        station("dock", source="saturated"),
        station("infeed"),
        station("saw", {"cut": exponential(12.0)}, products=("p", "q"), buffer=(1, 0), failures=mode),
        station("mill 1", {"mill": exponential(30.0)}, products=("p",), failures=mode),
        station("mill 2", {"mill": exponential(25.0)}, products=("p",), buffer=(0, 1)),
        station("exit", sink=True),
    ]
    products = [product("p", ["cut", "mill"], share=0.6, sources=["dock"], sinks=["exit"]),
                product("q", ["cut"], share=0.4, sources=["dock"], sinks=["exit"])]  # fmt: skip
    made = line(stations, products, arms=[arm("left", names, "nearest"), arm("right", names, "pull")],
                belts=[belt("dock", "infeed")], horizon_s=40_000.0, warmup_s=4000.0, replications=5)  # fmt: skip
    times = arm_times(names, [0.0, 2.0, 4.0, 5.0, 7.0], pick_s=0.6, place_s=0.8)
    found = simulate(made, moves({"left": times, "right": times}, {"dock~infeed": belt_times(5.0, 4, 1.0)}))
    assert [round(x * 10) for x in found.samples_per_h] == [1774, 1755, 1780, 1836, 1855]
    assert found.lead_time_s.mean == pytest.approx(159.4152319122628, rel=1e-12)
    assert found.wip.mean == pytest.approx(7.970367464032674, rel=1e-12)


def test_replications_are_numbered():
    made = serial([exponential(1.0)] * 2, 1, replications=6)
    whole = simulate(made, moves()).samples_per_h
    assert simulate(made, moves(), replications=2, first_replication=3).samples_per_h == whole[3:5]
    assert len(set(whole)) > 3
    assert simulate(made, moves(), seed=2).samples_per_h != whole


def test_candidates_share_their_streams():
    """Another layout of the same machines sees the same draws: its figures differ by less than theirs do."""
    stations = [station("a", source="saturated"), station("m", {"op": exponential(20.0)}), station("z", sink=True)]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], arms=[arm("r", ["a", "m", "z"])],
                replications=20, horizon_s=7200.0)  # fmt: skip
    near, far = (np.array(simulate(made, moves({"r": arm_times(["a", "m", "z"], [0.0, x, 2 * x])})).samples_per_h)
                 for x in (1.0, 1.5))  # fmt: skip
    assert np.std(near - far) < 0.35 * np.std(near)


def test_a_queue_without_limit_is_held():
    """Twice as many parts come as the machine can do: the backlog outgrows the first pool."""
    one = [station("m", {"work": 2.0}, source=1.0, sink=True)]
    made = line(one, [product(sources=["m"], sinks=["m"])], horizon_s=10_000.0)
    (run,) = replicate(made, moves())
    assert (run.entered, run.left, run.inside) == (10_000, 4_999, 5_001)


def test_two_links_and_two_arms_share_the_work():
    stations = [station("a", source="saturated"), station("m", {"op": 1.0}), station("z", sink=True)]
    both = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], links=[link("a", "m"), link("m", "z")])
    assert simulate(both, moves()).throughput_per_h.mean == pytest.approx(3600, rel=2e-3)
    times = arm_times(["a", "m", "z"], [0.0, 1.0, 2.0], pick_s=0.5, place_s=0.5)
    for n, cycle_s in ((1, 6.0), (2, 4.0)):
        arms = [arm(f"r{i}", ["a", "m", "z"]) for i in range(n)]
        made = line(stations, [product(route=["op"], sources=["a"], sinks=["z"])], arms=arms, warmup_s=600.0,
                    horizon_s=6600.0)  # fmt: skip
        found = simulate(made, moves({a.name: times for a in arms})).throughput_per_h.mean
        assert 3600 / cycle_s * 0.6 <= found <= bound(made, moves({a.name: times for a in arms})) * 1.001


def test_the_package_is_light_to_import():
    code = "import layout.flow, sys; print({'numba', 'scipy', 'pybullet'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
