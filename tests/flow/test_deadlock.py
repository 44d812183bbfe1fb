"""Parts that can never move again are found, named, and end the run."""

from dataclasses import replace

import numpy as np
import pytest

from layout.flow import simulate
from layout.flow.deadlock import _cycle, _stuck, standstill
from layout.flow.network import compile_line
from layout.flow.simulation import run_once
from layout.model.production import Order, Quality, Rework, Shift
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    failure,
    line,
    link,
    moves,
    product,
    station,
    timed,
)


def swap(buffer=(0, 0), failures=None, source="saturated"):
    """Two machines without places, and products that go round them in opposite ways: one gripper cannot swap."""
    stations = [
        station("source", source=source),
        station("m1", {"op": {"p": 5.0}, "end": {"q": 4.0}}, buffer=buffer, failures=failures),
        station("m2", {"op": {"q": 5.0}, "end": {"p": 4.0}}, buffer=buffer, failures=failures),
        station("sink", sink=True),
    ]
    products = [product(name, ["op", "end"], share=0.5) for name in "pq"]
    names = ["source", "m1", "m2", "sink"]
    given = line(stations, products, arms=[arm("robot", names)], horizon_s=7200.0, warmup_s=600.0)
    return given, moves({"robot": arm_times(names, [0, 1, 2, 3], pick_s=0.5, place_s=0.5)})


def test_swap_of_two_machines():
    found = simulate(*swap())
    (deadlock,) = found.deadlocks
    assert deadlock.rule == "deadlock"
    assert deadlock.subjects == ("m1", "m2")
    assert deadlock.unit == "h"
    assert 1.9 < deadlock.amount < 2.0
    assert found.throughput_per_h.mean == 0
    assert found.resources["m1"]["blocked"] == pytest.approx(1.0)
    assert sum(found.resources["robot"].values()) == pytest.approx(1.0)


def test_calendar_failures_do_not_hide_it():
    mode = {"stop": failure(exponential(100.0), exponential(10.0), "calendar")}
    found = simulate(*swap(failures=mode))
    assert found.deadlocks[0].subjects == ("m1", "m2")
    assert found.deadlocks[0].amount > 1.5


def test_arrivals_do_not_hide_it():
    found = simulate(*swap(source=exponential(20.0)))
    assert found.deadlocks[0].subjects == ("m1", "m2")


def test_places_put_it_off_or_away():
    assert simulate(*swap(buffer=(0, 3))).throughput_per_h.mean > 0


def test_a_loop_of_belts():
    """Parts go from a over a belt to b and back over another to be finished; nothing keeps a place free."""
    stations = [
        station("source", source="saturated"),
        station("a", {"first": 1.0, "third": 1.0}),
        station("b", {"second": 10.0}),
        station("sink", sink=True),
    ]
    given = line(stations, [product(route=["first", "second", "third"])], belts=[belt("a", "b"), belt("b", "a")],
                 links=[link("source", "a"), link("a", "sink")], horizon_s=3600.0)  # fmt: skip
    found = simulate(given, moves(belts={"a~b": belt_times(3.0, 2, 0.5), "b~a": belt_times(3.0, 2, 0.5)}))
    assert found.deadlocks[0].subjects == ("a", "a~b", "b", "b~a")


def test_half_a_line_may_be_stuck():
    """A cell that locks beside a line that runs: the run goes on, the cell is named."""
    given, times = swap()
    beside = [station("m9", {"alone": 3.0}, source="saturated", sink=True, products=["r"])]
    products = [*given.products.values(), product("r", ["alone"], sources=["m9"], sinks=["m9"])]
    names = list(given.arms["robot"].serves)
    both = line([*given.stations.values(), *beside], products, arms=[arm("robot", names)], horizon_s=7200.0)
    found = simulate(both, times)
    assert found.deadlocks[0].subjects == ("m1", "m2")
    assert found.by_product["r"].mean == pytest.approx(1200.0)
    assert found.by_product["p"].mean < 10


def test_a_line_that_only_waits_for_parts_is_no_deadlock():
    stations = [station("m", {"work": 1.0}, source=10_000.0, sink=True)]
    assert simulate(line(stations, [product(sources=["m"], sinks=["m"])]), moves()).deadlocks == ()


def joined(orders, *, share=0.5, nuts=0):
    """Bodies and lids come to m by one buffer t; p runs beside it. `orders`: of bodies and lids, else at random."""
    needs = {"join": {"lid": 1, **({"nut": 1} if nuts else {})}}
    source = {"source": exponential(10.0)} if orders is None else {"source": "saturated", "schedule": orders}
    stations = [
        station("s", **source), station("t"), station("m", {"join": {"body": 5.0}}), station("sink", sink=True),
        station("p", {"alone": 3.0}, source="saturated", sink=True, products=["r"]),
    ]  # fmt: skip
    products = [
        product("body", ["join"], sources=["s"], components=needs, share=1 - share),
        product("lid", [], sources=["s"], sinks=["m"], joined=True, share=share),
        product("r", ["alone"], sources=["p"], sinks=["p"]),
    ]
    if nuts:
        some = (Order.model_validate({"at": 1, "product": "nut", "number": nuts}),)
        stations.append(station("n", source="saturated", schedule=some))
        products.append(product("nut", [], sources=["n"], sinks=["m"], joined=True))
    links = [link("s", "t"), link("t", "m"), link("m", "sink"), *([link("n", "m")] if nuts else [])]
    return line(stations, products, links=links, horizon_s=7200.0)


def order(product, number, at=0):
    return Order.model_validate({"at": at, "product": product, "number": number})


def test_a_component_behind_what_waits_for_it():
    """Where the buffer is full of bodies no lid can pass, where it is full of lids no body can: neither the rest of the
    line nor parts that go on arriving hide it."""
    for share, ring in ((0.3, ("m", "lid", "s", "t")), (0.7, ("t", "m", "body", "s"))):
        found = simulate(joined(None, share=share), moves())
        (deadlock,) = found.deadlocks
        assert deadlock.subjects == ring
        assert deadlock.amount > 1.5
        assert found.by_product["body"].mean < 100
        assert found.by_product["r"].mean == pytest.approx(1200.0)


def test_components_that_are_used_up_stop_a_part_of_the_line():
    made = joined((order("body", 9), order("lid", 2)))
    alternating = tuple(order(name, 1, 20 * i) for i, name in enumerate(["body", "lid"] * 9))
    (deadlock,) = simulate(joined(alternating, nuts=4), moves()).deadlocks
    assert deadlock.subjects == ("m", "nut")  # 4 nuts for 9 bodies
    assert deadlock.amount == pytest.approx((7200.0 - 160.0) / 3600)  # the fifth body comes at 160 s
    assert simulate(joined(alternating), moves()).deadlocks == ()
    assert simulate(made, moves()).deadlocks[0].subjects == ("m", "lid", "s", "t")


def test_components_left_over_beside_a_line_that_runs_are_no_deadlock():
    assert simulate(joined((order("body", 1), order("lid", 9, 50))), moves()).deadlocks == ()


def test_who_waits_for_nothing_known_is_not_stuck():
    ring = {"a": ([{"b"}], 1.0), "b": ([{"a"}, {"c"}], 2.0)}
    assert _stuck({**ring, "c": ([], 0.0)}) == set()
    assert _stuck(ring) == set()
    nowhere = {"a": ([{"b"}], 1.0), "b": ([set()], 2.0)}
    assert _stuck(nowhere) == {"a", "b"} and _cycle(nowhere, {"a", "b"}) == ("b",)


def there_and_back(blocking="after", **quality):
    """Two machines of one place, and parts that need the first, the second and the first again."""
    return line(
        [
            station("source", source=exponential(50.0)),
            station("m1", {"a": 10.0}, buffer=(3, 0), blocking=blocking, quality=quality),
            station("m2", {"b": 30.0}, blocking=blocking),
            station("sink", sink=True),
        ],
        [product(route=["a", "b", "a"])],
        links=[link("source", "m1"), link("m1", "m2"), link("m2", "m1"), link("m1", "sink")],
        routing={"a": "first_free"},
        horizon_s=20_000.0,
        replications=1,
    )


def test_parts_that_wait_for_a_free_server():
    """m1 has places, but no server free for m2's part, nor has m2 a place for m1's; parts still come in."""
    (found,) = simulate(there_and_back(), moves()).deadlocks
    assert set(found.subjects) == {"m1", "m2"} and found.amount > 1.0


def test_work_in_vain_is_said_where_it_might_end():
    """A part that is worked on again and again for want of room, and may be sent back each time."""
    made = there_and_back("repeat", a=Quality(rework=Rework(share=0.1, to="a")))
    found = simulate(made, moves())
    assert found.deadlocks == () and any("waits for ever" in said for said in found.warnings)


def test_what_is_on_its_way_to_a_hungry_machine_may_free_it():
    """At 2 s the inlet is full, its machine idle, and the part it could be joined to waits behind one on the link."""
    orders = tuple(Order.model_validate({"at": 0.0, "product": p}) for p in ("plain", "host"))
    made = line(
        [
            station("source", source="saturated", schedule=orders),
            station("bolts", source="saturated"),
            station("m", {"a": {"plain": 5.0, "host": 5.0}}, inlets={"bolt": 2}),
            station("sink", sink=True),
        ],
        [
            product("plain", ["a"]),
            product("host", ["a"], components={"a": {"bolt": 2}}),
            product("bolt", [], sources=["bolts"], sinks=["m"], joined=True),
        ],
        links=[link("source", "m", 3.0), link("bolts", "m"), link("m", "sink")],
        horizon_s=2.0,
        replications=1,
    )
    assert simulate(made, moves()).deadlocks == ()
    assert simulate(timed(made, horizon_s=17.0), moves()).throughput_per_h.mean * 17 / 3600 == pytest.approx(2.0)


BREAK = Shift.model_validate({"on": [[0, 50]], "every": 100})  # s


def bolted(rule="shortest_queue", bolts="saturated", **more):
    """Parts cut at c are bolted at m, which has breaks."""
    return line(
        [
            station("source", source="saturated"),
            station("bolts", source=bolts, schedule=more.pop("schedule", ())),
            station("c", {"cut": 10.0}),
            station("m", {"bolt": 5.0}, shift=BREAK, **more),
            station("sink", sink=True),
        ],
        [
            product("part", ["cut", "bolt"], components={"bolt": {"bolt": 1}}),
            product("bolt", [], sources=["bolts"], sinks=["m"], joined=True),
        ],
        links=[link("source", "c"), link("c", "m"), link("bolts", "m"), link("m", "sink")],
        routing={"bolt": rule},
        horizon_s=5_080.0,
        replications=1,
    )


@pytest.mark.parametrize("rule", ["shortest_queue", "first_free"])
def test_a_break_with_all_places_full_is_no_deadlock(rule):
    """Off shift, the machine has bolts, and parts wait for it, there or where they are."""
    assert simulate(bolted(rule), moves()).deadlocks == ()
    assert simulate(bolted(rule, buffer=(2, 0)), moves()).deadlocks == ()


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_breaks_and_failures_take_nothing_off_the_time_lost(clock):
    """The fourth part waits for a bolt from 40 s on, and the machine has a break, and fails, again and again."""
    stops = {"stop": failure(exponential(70.0), exponential(1.0), clock)}
    (found,) = simulate(bolted(schedule=(order("bolt", 3),), failures=stops), moves()).deadlocks
    assert found.subjects == ("m", "bolt")
    assert found.amount * 3600 == pytest.approx(5_080 - 40, abs=10)


def test_components_that_nobody_in_turn_brings():
    """The arm waits at m, which waits for a bolt, which waits for the arm; the machine has breaks meanwhile."""
    names = ["source", "bolts", "m", "sink"]
    made = line(
        [
            station("source", source="saturated"),
            station("bolts", source="saturated"),
            station("m", {"work": 5.0}, shift=BREAK),
            station("sink", sink=True),
        ],
        [
            product(components={"work": {"bolt": 1}}),
            product("bolt", [], sources=["bolts"], sinks=["m"], joined=True),
        ],
        arms=[arm("arm", names, "cycle", ["source", "m"])],
        horizon_s=5080.0,
    )
    for until_s in (5040.0, 5080.0):  # at work, and on a break
        found = simulate(timed(made, horizon_s=until_s), moves({"arm": arm_times(names, [0, 1, 2, 3])}))
        (deadlock,) = found.deadlocks
        assert set(deadlock.subjects) == {"arm", "m", "bolt", "bolts"}
        assert deadlock.amount * 3600 == pytest.approx(until_s - 4.0, abs=2.0)
    twice = replace(made, arms={"arm": arm("arm", names, "cycle", ["source", "bolts", "m"])})
    assert simulate(twice, moves({"arm": arm_times(names, [0, 1, 2, 3])})).deadlocks == ()


def test_a_line_that_stood_still_before_the_warm_up_says_so():
    """The only pallet is at l1 again and again, parts go to l1 and l2 in turn: the fourth finds no room."""
    made = line(
        [
            station("source", source="saturated"),
            station("l1", {"load": 5.0}),
            station("l2", {"load": 5.0}, shift=BREAK),
            station("u", {"unload": 5.0}),
            station("sink", sink=True),
        ],
        [
            product("part", ["load", "unload"], components={"load": {"pallet": 1}}, releases={"unload": {"pallet": 1}}),
            product("pallet", [], sources=["u"], sinks=["l1", "l2"], joined=True, released=True, circulates=1),
        ],
        links=[link(a, b) for a, b in (("source", "l1"), ("source", "l2"), ("l1", "u"), ("l2", "u"), ("u", "sink"),
                                       ("u", "l1"), ("u", "l2"))],
        routing={"load": "round_robin"},
        horizon_s=9000.0,
        warmup_s=500.0,
    )  # fmt: skip
    found = simulate(made, moves())
    assert found.throughput_per_h.mean == 0.0 and found.deadlocks == ()
    (said,) = found.warnings
    assert "in 2 of 2 replications no part left after " in said and "waits for ever" in said


def test_a_carrier_that_waits_for_room_where_it_is_beside_an_arm_in_turn():
    """Carriers joined at m1 are released at m2, whose inlet has room for one more of them."""
    names = ["s", "m1", "m2", "sink"]
    stations = [
        station("s", source="saturated"), station("m1", {"load": 5.0}),
        station("m2", {"load": 5.0, "unload": 5.0}, inlets={"pallet": 2}), station("sink", sink=True),
    ]  # fmt: skip
    products = [
        product("part", ["load", "unload"], sources=["s"], components={"load": {"pallet": 1}},
                releases={"unload": {"pallet": 1}}),
        product("pallet", [], share=0.0, sources=["m1", "m2"], sinks=["m1", "m2"], joined=True, released=True,
                circulates=3),
    ]  # fmt: skip
    given = line(stations, products, arms=[arm("robot", ["s", "m1"], "cycle", ["s"]), arm("taker", ["m2", "sink"])],
                 links=[link("m1", "m2")])  # fmt: skip
    times = {"robot": arm_times(["s", "m1"], [0, 1]), "taker": arm_times(["m2", "sink"], [0, 1])}
    found = simulate(given, moves(times))
    assert found.by_product["part"].mean <= 3.0
    (deadlock,) = found.deadlocks
    assert set(deadlock.subjects) <= {*names, "pallet", "part", "robot"}


def test_what_is_sure_to_go_on_is_in_no_deadlock():
    """The kernel's quick look never overlooks what the long one finds, and spares it most often."""
    seen = {"spared": 0, "stuck": 0}
    for seed in range(60):
        random = np.random.default_rng(seed)
        machines = list("abcd")
        ends = {"source": {"source": "saturated"}, "sink": {"sink": True}}
        stations = [station(name, products=("p", "q"), **end) for name, end in ends.items()]
        routes = {p: random.choice(machines, int(random.integers(2, 5))).tolist() for p in "pq"}
        routes = {p: [m for i, m in enumerate(route) if i == 0 or m != route[i - 1]] for p, route in routes.items()}
        stations += [
            station(m, {f"{m} op": exponential(float(random.uniform(1.0, 6.0)))}, servers=int(random.integers(1, 3)),
                    buffer=(int(random.integers(0, 2)), int(random.integers(0, 2))), products=("p", "q"))
            for m in machines
        ]  # fmt: skip
        names = ["source", *machines, "sink"]
        made = line(
            stations,
            [product(p, [f"{m} op" for m in route]) for p, route in routes.items()],
            arms=[arm("robot", names)],
            belts=[belt("a", "b"), belt("b", "a")],
            horizon_s=float(random.choice([200.0, 2000.0])),
        )
        times = moves(
            {"robot": arm_times(names, list(range(6)), pick_s=0.5, place_s=0.5)},
            {name: belt_times(3.0, 2, 0.5) for name in made.belts},
        )
        network = compile_line(made, times)
        world, _ = run_once(network, 1, 0, made.time.horizon_s, 0.0, 512)
        spared = int(world.run["fluid"][0])
        world.run["fluid"] = 0
        found = standstill(network, world)
        assert not (spared and found), seed
        seen["spared"] += spared
        seen["stuck"] += found is not None
    assert min(seen.values()) > 5
