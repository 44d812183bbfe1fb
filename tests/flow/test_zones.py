"""Space that two arms share: one of them at a time."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.flow import bound, simulate, trace
from layout.flow.simulation import replicate
from layout.model.results import ArmTimes, Zone
from tests.flow.builders import arm, arm_times, exponential, line, moves, product, station, timed, zone

EXACT = pytest.approx


def hand_over(places=3, *, work_s=0.0, in_s=0.0, home_m=0.0, **time):
    """`left` brings parts from `in` to `table`, `right` takes them to `out`: 2 m each, 1 s to pick and to place."""
    stations = [
        station("in", {"cut": in_s} if in_s else {}, source="saturated", buffer=(0, 5)),
        station("table", {"op": work_s} if work_s else {}, buffer=(places, places)),
        station("out", sink=True),
    ]
    route = [*(["cut"] if in_s else []), *(["op"] if work_s else [])]
    made = line(stations, [product(route=route, sources=["in"], sinks=["out"])],
                arms=[arm("left", ["in", "table"]), arm("right", ["out", "table"])], **time)  # fmt: skip
    times = {
        "left": arm_times(["in", "table"], [0.0, 2.0], pick_s=1.0, place_s=1.0, home_m=home_m),
        "right": arm_times(["out", "table"], [4.0, 2.0], pick_s=1.0, place_s=1.0, home_m=4.0 - home_m),
    }
    shared = zone("table", times, {"left": ["table"], "right": ["table"]})
    return made, moves(times, zones=[shared])


def done(made, times, name, until_s):
    return [(e.start_s, e.end_s, e.state, e.origin, e.target) for e in trace(made, times, until_s=until_s)
            if e.resource == name]  # fmt: skip


def test_two_arms_take_turns():
    """Each is inside for 2 s of way, 1 s of hand-over and 2 s of way back, the rest (1 s) lies beside it: 10 s."""
    made, times = hand_over(in_s=0.5, horizon_s=1100.0, warmup_s=100.0)
    found = simulate(made, times)
    assert found.throughput_per_h.mean == EXACT(360.0)
    assert bound(made, times) == EXACT(360.0)
    assert found.deadlocks == ()
    for name in ("left", "right"):
        assert found.resources[name] == EXACT(
            {"moving_empty": 0.2, "moving_loaded": 0.2, "handling": 0.2, "waiting": 0.4}
        )
    alone = moves(times.arms)
    assert simulate(made, alone).throughput_per_h.mean == EXACT(3600 / 6, abs=3.6)
    assert bound(made, alone) == EXACT(3600 / 6)


def test_an_arm_carries_when_the_other_is_out():
    """`right` stands outside and is not needed before 4 s: `left` goes in, and back for the next part."""
    made, times = hand_over(in_s=0.5)
    assert done(made, times, "left", 12.0) == [
        (0.5, 1.5, "handling", "in", "in"),
        (1.5, 3.5, "moving_loaded", "in", "table"),
        (3.5, 4.5, "handling", "table", "table"),
        (4.5, 6.5, "moving_empty", "table", "in"),  # it leaves by its next fetch: inside until 6.5
        (6.5, 7.5, "handling", "in", "in"),
        (11.5, 12.0, "moving_loaded", "in", "table"),  # `right` was inside from 6.5 to 11.5
    ]
    assert done(made, times, "right", 12.0) == [
        (6.5, 8.5, "moving_empty", "out", "table"),  # claimed at 4.5
        (8.5, 9.5, "handling", "table", "table"),
        (9.5, 11.5, "moving_loaded", "table", "out"),
        (11.5, 12.0, "handling", "out", "out"),
    ]


def test_an_arm_with_nothing_to_do_goes_home_and_starts_from_there():
    """One place and 20 s of work: `left` stands at the table with no room for the next part, so it goes 3 m home."""
    made, times = hand_over(0, work_s=20.0, in_s=0.5, home_m=-1.0)
    assert done(made, times, "left", 34.0) == [
        (0.5, 1.5, "handling", "in", "in"),
        (1.5, 3.5, "moving_loaded", "in", "table"),
        (3.5, 4.5, "handling", "table", "table"),
        (4.5, 7.5, "moving_empty", "table", ""),
        (27.5, 28.5, "moving_empty", "", "in"),  # `right` took the part out at 27.5
        (28.5, 29.5, "handling", "in", "in"),
        (29.5, 31.5, "moving_loaded", "in", "table"),
        (31.5, 32.5, "handling", "table", "table"),
        (32.5, 34.0, "moving_empty", "table", ""),
    ]
    assert done(made, times, "right", 34.0)[:3] == [
        (24.5, 26.5, "moving_empty", "out", "table"),
        (26.5, 27.5, "handling", "table", "table"),
        (27.5, 29.5, "moving_loaded", "table", "out"),
    ]


def test_an_arm_whose_first_place_is_inside_starts_at_home():
    made, times = hand_over(in_s=0.5, home_m=-1.0)
    turned = {
        **times.arms,
        "left": arm_times(["table", "in"], [2.0, 0.0], pick_s=1.0, place_s=1.0, home_m=-1.0),
    }
    again = moves(turned, zones=[zone("table", turned, {"left": ["table"], "right": ["table"]})])
    assert done(made, again, "left", 2.5) == [
        (0.5, 1.5, "moving_empty", "", "in"),
        (1.5, 2.5, "handling", "in", "in"),
    ]


def test_hand_over_outside_does_not_keep_a_zone_that_the_way_there_needed():
    """Only the four moves of 2 s lie inside, the four hand-overs beside them: 8 s. Nobody ever has to go home."""
    made, times = hand_over(in_s=0.5, horizon_s=880.0, warmup_s=80.0)
    ways = times.zones[0]
    nowhere = {name: np.zeros(2, bool) for name in times.arms}
    swing = replace(ways, stands=nowhere, homing=nowhere, leaving=nowhere)
    homeless = {name: replace(t, home_s=None, leave_home_s=None) for name, t in times.arms.items()}
    found = simulate(made, moves(homeless, zones=[swing]))
    assert found.throughput_per_h.mean == EXACT(450.0)
    assert bound(made, moves(homeless, zones=[swing])) == EXACT(450.0)


def test_an_arm_gives_way_to_one_that_waits():
    """`left` could go on inside for ever (from `table` to `shelf` and back); `right` comes in turn."""
    stations = [
        station("table", {"op": 0.5}, source="saturated", buffer=(0, 3)),
        station("shelf", sink=True),
        station("pile", {"op": 0.5}, source="saturated", buffer=(0, 3)),
        station("out", sink=True),
    ]
    products = [product("p", ["op"], sources=["table"], sinks=["shelf"]),
                product("q", ["op"], sources=["pile"], sinks=["out"])]  # fmt: skip
    stations = [replace(s, operations={o: {("p" if s.name == "table" else "q"): t for t in d.values()}
                                       for o, d in s.operations.items()}) for s in stations]  # fmt: skip
    made = line(stations, products, arms=[arm("left", ["table", "shelf"]), arm("right", ["pile", "out"])],
                horizon_s=600.0 + 19.0 * 300, warmup_s=600.0)  # fmt: skip
    arms = {
        "left": arm_times(["table", "shelf"], [0.0, 1.0], pick_s=1.0, place_s=1.0, home_m=-2.0),
        "right": arm_times(["pile", "out"], [0.0, 5.0], pick_s=1.0, place_s=1.0, home_m=9.0),
    }
    times = moves(arms, zones=[zone("all", arms, {"left": ["table", "shelf"], "right": ["pile"]})])
    # in turn: `left` from home 2, pick 1, carry 1, place 1, home 3; `right` back 5, pick 1, carry 5 (place 1 outside)
    found = simulate(made, times)
    assert found.by_product["p"].mean == EXACT(3600 / (8 + 11))
    assert found.by_product["q"].mean == EXACT(3600 / (8 + 11))


def test_a_claim_on_two_zones_is_not_passed_for_ever():
    """`middle` needs both zones at once, its neighbours one each and all the time: in turn, first come first served."""
    stations, products, arms, zones = [], [], {}, []
    for name in ("west", "middle", "west2"):
        stations += [station(f"{name} a", {"op": 0.1}, source="saturated", buffer=(0, 3), products=[name]),
                     station(f"{name} z", sink=True)]  # fmt: skip
        products.append(product(name, ["op"], sources=[f"{name} a"], sinks=[f"{name} z"]))
        arms[name] = arm_times([f"{name} a", f"{name} z"], [0.0, 3.0 if name != "west2" else 4.0], pick_s=1.0,
                               place_s=1.0, home_m=5.0)  # fmt: skip
    for other in ("west", "west2"):
        pair = {other: arms[other], "middle": arms["middle"]}
        zones.append(zone(f"{other}-middle", pair, {other: [f"{other} a"], "middle": ["middle a"]}))
    made = line(stations, products, arms=[arm(n, [f"{n} a", f"{n} z"]) for n in arms], horizon_s=4000.0)
    found = simulate(made, moves(arms, zones=zones))
    assert found.by_product["middle"].mean > 200
    assert found.by_product["west"].mean == EXACT(found.by_product["middle"].mean, abs=2)
    assert found.by_product["west2"].mean == EXACT(found.by_product["middle"].mean, abs=2)
    without = simulate(made, moves(arms, zones=zones[:0])).by_product["middle"].mean
    assert found.by_product["middle"].mean < without


def test_a_zone_that_one_arm_alone_enters_changes_nothing():
    made, times = hand_over(in_s=0.5)
    alone = zone("mine", times.arms, {"left": ["table"]})
    nobody = zone("nobody's", times.arms, {})
    assert simulate(made, moves(times.arms, zones=[alone, nobody])) == simulate(made, moves(times.arms))
    assert bound(made, moves(times.arms, zones=[alone, nobody])) == bound(made, moves(times.arms))
    assert simulate(made, moves(times.arms, zones=[*times.zones, nobody])) == simulate(made, times)


def test_an_arm_without_a_way_home_is_named():
    made, times = hand_over(in_s=0.5)
    for change in ({"home_s": None}, {"leave_home_s": None}, {"home_s": np.array([0.0, np.inf])}):
        arms = {**times.arms, "left": replace(times.arms["left"], **change)}
        with pytest.raises(LayoutError, match="'left' shares space"):
            simulate(made, moves(arms, zones=times.zones))
    # without a zone none is needed
    simulate(made, moves({name: replace(t, home_s=None, leave_home_s=None) for name, t in times.arms.items()}))


@st.composite
def crowded(draw):
    """Parts pass from arm to arm over shared stations; any two arms may share zones of any shape."""
    n = draw(st.integers(2, 3))
    seed = draw(st.integers(0, 10**6))
    return crowded_line(n, seed)


def crowded_line(n_arms, seed, **time):
    """Arms in a row, three stations each, the last of one being the first of the next; times and zones at random."""
    random = np.random.default_rng(seed)
    count = 2 * n_arms + 1
    names = [f"s{i}" for i in range(count)]
    stations = [station(names[0], {"op0": exponential(float(random.uniform(1, 9)))}, source="saturated")]
    for i in range(1, count - 1):
        buffer = (int(random.integers(0, 3)), int(random.integers(0, 3)))
        stations.append(station(names[i], {f"op{i}": exponential(float(random.uniform(1, 9)))}, buffer=buffer))
    stations.append(station(names[-1], sink=True))
    rules = ["first_come", "nearest", "longest_waiting", "pull"]
    arms, times = [], {}
    for a in range(n_arms):
        served = names[2 * a : 2 * a + 3]
        arms.append(arm(f"a{a}", served, rules[int(random.integers(4))]))
        moved = random.uniform(0.5, 3.0, (2, 3, 3))
        ends = random.uniform(0.2, 2.0, (4, 3))
        times[f"a{a}"] = ArmTimes(tuple(random.permutation(served).tolist()), moved[0] * (1 - np.eye(3)), moved[1],
                                  ends[0], ends[1], np.zeros((3, 3)), home_s=ends[2], leave_home_s=ends[3])  # fmt: skip
    zones = []
    for first, second in itertools.combinations(times, 2):
        for k in range(int(random.integers(0, 3))):
            masks = {arm_: {"stands": random.random(3) < 0.4, "loaded": random.random((3, 3)) < 0.4,
                            "empty": random.random((3, 3)) < 0.4, "homing": random.random(3) < 0.4,
                            "leaving": random.random(3) < 0.4} for arm_ in (first, second)}  # fmt: skip
            by_mask = {m: {arm_: masks[arm_][m] for arm_ in masks} for m in masks[first]}
            zones.append(Zone(f"{first}-{second} {k}", (first, second), **by_mask))
    route = [f"op{i}" for i in range(count - 1)]
    made = line(stations, [product(route=route, sources=[names[0]], sinks=[names[-1]])], arms=arms, **time)
    return made, moves(times, zones=zones)


FEW = settings(max_examples=60, deadline=None, derandomize=True)


@FEW
@given(crowded())
def test_nothing_is_lost_and_nobody_waits_for_ever(cell):
    made, times = cell
    made = timed(made, horizon_s=4000.0, warmup_s=300.0)
    for run in replicate(made, times, seed=2, replications=1):
        assert run.entered == run.left + run.inside
        assert run.wip * 3700.0 == EXACT(run.sojourn_s, rel=1e-9, abs=1e-6)
        assert all(sum(shares.values()) == EXACT(1.0, abs=1e-9) for shares in run.shares.values())
        assert run.left > 10
    assert simulate(made, times).deadlocks == ()


@FEW
@given(crowded())
def test_never_two_arms_inside(cell):
    """From the trace alone: where each arm stands and moves, and when that is inside."""
    made, times = cell
    events = trace(made, times, until_s=1500.0)
    for shared in times.zones:
        spans = sorted(
            (*span, name) for name in shared.arms for span in inside_spans(events, times.arms[name], name, shared)
        )
        last = dict.fromkeys(shared.arms, 0.0)
        for start, end, name in spans:
            assert all(start >= last[other] - 1e-9 for other in shared.arms if other != name), shared.name
            last[name] = max(last[name], end)


def inside_spans(events, times, name, shared):
    row = {s: i for i, s in enumerate(times.stations)}
    spans, stood = [], None
    for e in events:
        if e.resource != name:
            continue
        start, end = row.get(e.origin), row.get(e.target)
        stands = [i is not None and bool(shared.stands[name][i]) for i in (start, end)]
        if e.state == "handling":
            passes = False
        elif e.state == "moving_loaded":
            passes = shared.loaded[name][start, end]
        elif start is None:
            passes = shared.leaving[name][end]
        elif end is None:
            # the way home from outside keeps no zone: an arm that stands outside all zones does not go home
            passes = shared.homing[name][start]
        else:
            passes = shared.empty[name][start, end]
        if stood is not None and stands[0]:
            spans.append((stood, e.start_s))  # waits inside between two events
        if passes or any(stands):
            spans.append((e.start_s, e.end_s))
        stood = e.end_s
    return spans


@settings(max_examples=30, deadline=None, derandomize=True)
@given(crowded(), st.randoms())
def test_bound_holds_and_the_order_of_zones_changes_nothing(cell, random):
    made, times = cell
    made = timed(made, horizon_s=30_000.0, warmup_s=2000.0)
    limit = bound(made, times)
    found = simulate(made, times)
    assert found.throughput_per_h.mean <= limit * 1.01 + found.throughput_per_h.half_width
    zones = list(times.zones)
    random.shuffle(zones)
    turned = [replace(z, arms=z.arms[::-1]) for z in zones]
    assert simulate(made, moves(dict(reversed(times.arms.items())), zones=turned)) == found
