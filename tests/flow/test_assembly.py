"""Assembly, disassembly and carriers: by hand, against SimPy and mean-value analysis, and where they may not matter."""

from dataclasses import replace

import pytest
import simpy
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.flow import simulate, trace, unconnected
from layout.flow.exact.mean_value import Stop, mean_values
from layout.flow.simulation import replicate
from layout.model.production import Order, Quality
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    fleet,
    fleet_times,
    line,
    link,
    moves,
    product,
    serial,
    station,
)
from tests.flow.test_oracle import SEED, UNTIL_S, Draws, agree


def assembly(host_s, wheels_s, *, number=1, places=4, source="saturated", wheels="saturated", **more):
    """Hosts from `hosts` and wheels made at `wheels` are joined at `weld`, where the hosts leave."""
    stations = [
        station("hosts", source=source),
        station("wheels", {"make": {"wheel": wheels_s}} if wheels == "saturated" else {}, source=wheels),
        station("weld", {"weld": {"host": host_s}}, sink=True, buffer=(1, 0), inlets={"wheel": places}),
    ]
    route = ["make"] if wheels == "saturated" else []
    products = [
        product("host", ["weld"], sources=["hosts"], sinks=["weld"], components={"weld": {"wheel": number}}),
        product("wheel", route, sources=["wheels"], sinks=["weld"], joined=True),
    ]
    links = [link("hosts", "weld"), link("wheels", "weld")]
    return line(stations, products, links=links, **more)


def ring(times, carriers, *, buffer=0, loads=None, **more):
    """Machines in a row; a part is on a pallet from the first to the last, from where pallets go back at once."""
    given = serial(times, buffer, **more)
    n = len(times)
    (part,) = given.products.values()
    if carriers is None:
        return given
    first, last = f"op{1}", f"op{n}"
    part = replace(part, components={first: {"pallet": 1}}, releases={last: {"pallet": 1}})
    pallet = product("pallet", [], share=0.0, sources=[f"m{n}"], sinks=["m1"], joined=True, released=True,
                     circulates=carriers)  # fmt: skip
    m1 = replace(given.stations["m1"], inlets={"pallet": loads or carriers})
    return replace(given, products={"part": part, "pallet": pallet}, stations={**given.stations, "m1": m1},
                   links={**given.links, "back": link(f"m{n}", "m1", name="back")})  # fmt: skip


def test_assembly_by_hand():
    """Two wheels every 10 s for a weld of 1 s: the machine works 10 % of the time and waits for them else."""
    given = assembly(1.0, 1.0, number=2, wheels=5.0, horizon_s=1001.5, warmup_s=1.5, replications=1)
    found = simulate(given, moves())
    assert found.throughput_per_h.mean == pytest.approx(360.0, rel=1e-9)
    assert found.resources["weld"]["working"] == pytest.approx(0.1, rel=1e-9)
    assert found.resources["weld"]["starved"] == pytest.approx(0.9, rel=1e-9)
    (run,) = replicate(given, moves())
    assert (run.entered, run.left, run.joined) == (200 + 102, 100, 200)


def test_assembly_against_simpy():
    given = assembly(exponential(1.0), exponential(0.6), number=2, places=3, source=exponential(1.6))
    draw, env, done = Draws(given, moves()), simpy.Environment(), []
    hosts, wheels = simpy.Store(env), simpy.Store(env)
    places = simpy.Resource(env, 3)

    def arrivals():
        while True:
            yield env.timeout(draw("arrivals", "hosts"))
            hosts.put(env.now)

    def make():
        while True:
            yield env.timeout(draw("process", "wheels", "make", "wheel"))
            place = places.request()
            yield place
            wheels.put(place)

    def weld():
        while True:
            yield hosts.get()
            taken = [(yield wheels.get()), (yield wheels.get())]
            for place in taken:
                places.release(place)
            yield env.timeout(draw("process", "weld", "weld", "host"))
            done.append(env.now)

    for process in (arrivals, make, weld):
        env.process(process())
    env.run(UNTIL_S)
    ours = sorted(e.end_s for e in trace(given, moves(), seed=SEED, until_s=UNTIL_S)
                  if e.resource == "weld" and e.state == "working" and e.end_s < UNTIL_S)  # fmt: skip
    agree(ours, done)


def test_full_inlets_are_no_hindrance():
    """Wheels that are always there change nothing for the hosts: the same times to the bit."""
    given = assembly(exponential(1.0), 1e-3, source=exponential(1.3), horizon_s=20_000.0)
    plain = assembly(exponential(1.0), 1e-3, source=exponential(1.3), horizon_s=20_000.0)
    plain = replace(plain, products={"host": replace(plain.products["host"], components={})},
                    stations={n: replace(s, inlets={}) for n, s in plain.stations.items() if n != "wheels"},
                    links={n: x for n, x in plain.links.items() if x.origin != "wheels"})  # fmt: skip
    (with_them,), (without,) = (replicate(x, moves(), seed=3) for x in (given, plain))
    assert (with_them.left, with_them.lead_time_s) == (without.left, without.lead_time_s)
    assert with_them.shares["weld"] == without.shares["weld"]


@pytest.mark.parametrize("n", [1, 2, 3, 8])
@pytest.mark.parametrize("back_s", [0.0, 1.0])
def test_carriers_in_a_ring_by_hand(n, back_s):
    """Demands 3, 2 and 4 s: one pallet makes a part in 9 s; then the slowest machine limits (Denning & Buzen 1978)."""
    given = ring([3.0, 2.0, 4.0], n, buffer=10, horizon_s=9000.0 + 360.5, warmup_s=360.5, replications=1)
    given = replace(given, links={**given.links, "back": link("m3", "m1", back_s, name="back")})
    per_s = min(n / (9 + back_s), 1 / 4)
    found = simulate(given, moves())
    assert found.throughput_per_h.mean == pytest.approx(per_s * 3600, abs=0.41)
    if n < 3:
        assert found.wip.mean == pytest.approx(n - per_s * back_s, abs=0.01)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_carriers_in_a_ring_against_mean_value_analysis(n):
    """Exponential machines with room for all pallets: a closed network of product form (Reiser & Lavenberg 1980)."""
    given = ring([exponential(3.0), exponential(2.0), exponential(4.0)], n, buffer=10, horizon_s=200_000.0,
                 warmup_s=1000.0, replications=8)  # fmt: skip
    exact = mean_values([Stop(3.0), Stop(2.0), Stop(4.0)], n)[-1].throughput
    found = simulate(given, moves()).throughput_per_h
    assert abs(found.mean - exact * 3600) <= found.half_width
    assert found.half_width < 0.02 * found.mean


def test_carriers_enough_for_all_places_are_no_hindrance():
    times = [exponential(1.0), exponential(1.2), exponential(0.8)]
    (with_them,), (without,) = (
        replicate(ring(times, n, buffer=2, horizon_s=20_000.0), moves(), seed=3) for n in (8, None)
    )
    assert with_them.left > 10_000
    assert (with_them.left, with_them.lead_time_s, with_them.wip) == (without.left, without.lead_time_s, without.wip)
    assert {m: with_them.shares[m] for m in without.shares} == without.shares


def test_carriers_in_a_ring_against_simpy():
    """Three pallets, a place before each machine: the row blocks and runs short of pallets."""
    given = ring([exponential(1.0), exponential(1.2), exponential(0.8)], 3, buffer=1)
    draw, env, done = Draws(given, moves()), simpy.Environment(), []
    pallets = simpy.Store(env)
    pallets.items.extend(range(3))
    places, queues = [simpy.Resource(env, 2) for _ in range(3)], [simpy.Store(env) for _ in range(3)]

    def run(j):
        while True:
            place = (yield queues[j].get()) if j else (yield pallets.get())
            yield env.timeout(draw("process", f"m{j + 1}", f"op{j + 1}", "part"))
            if j == 2:
                done.append(env.now)
                pallets.put(0)
            else:
                following = places[j + 1].request()
                yield following
                queues[j + 1].put(following)
            if j:
                places[j].release(place)

    for j in range(3):
        env.process(run(j))
    env.run(UNTIL_S)
    ours = sorted(e.end_s for e in trace(given, moves(), seed=SEED, until_s=UNTIL_S)
                  if e.resource == "m3" and e.state == "working" and e.end_s < UNTIL_S)  # fmt: skip
    agree(ours, done)


@pytest.mark.parametrize("by", ["arm", "vehicle"])
def test_carriers_brought_back_by_hand(by):
    """One pallet, 3, 2 and 4 s of work, 3, 3 and 5 s of moves, always by who just brought it: a part every 20 s."""
    given = replace(ring([3.0, 2.0, 4.0], 1, horizon_s=2010.0, warmup_s=10.0, replications=1), links={})
    names, at_m = list(given.stations), [0.0, 2.0, 4.0]
    if by == "arm":
        given = replace(given, arms={"r": arm("r", names)})
        times = moves({"r": arm_times(names, at_m, pick_s=0.5, place_s=0.5)})
    else:
        given = replace(given, fleets={"v": fleet("v", 1, names)})
        times = moves(fleets={"v": fleet_times(names, at_m, handover_s=0.5)})
    found = simulate(given, times)
    assert found.throughput_per_h.mean == pytest.approx(180.0, rel=1e-9)
    assert found.lead_time_s.mean == pytest.approx(15.0, rel=1e-9)
    assert {(m.origin, m.target): m.per_h for m in found.moves} == {
        pair: pytest.approx(180.0) for pair in (("m1", "m2"), ("m2", "m3"), ("m3", "m1"))
    }


def test_disassembly_against_simpy():
    """Two bits of each host go on to a machine with one place before it; the splitter holds what finds no room."""
    stations = [station("a", source=exponential(3.0)),
                station("split", {"split": {"host": exponential(1.0)}}, buffer=(1, 0), sink=True),
                station("b", {"sort": {"bit": exponential(1.2)}}, buffer=(1, 0), sink=True)]  # fmt: skip
    products = [product("host", ["split"], sources=["a"], sinks=["split"], releases={"split": {"bit": 2}}),
                product("bit", ["sort"], share=0.0, sources=["split"], sinks=["b"], released=True)]  # fmt: skip
    given = line(stations, products, links=[link("a", "split"), link("split", "b")])
    draw, env, done = Draws(given, moves()), simpy.Environment(), []
    hosts, bits, places = simpy.Store(env), simpy.Store(env), simpy.Resource(env, 2)

    def arrivals():
        while True:
            yield env.timeout(draw("arrivals", "a"))
            hosts.put(0)

    def split():
        while True:
            yield hosts.get()
            yield env.timeout(draw("process", "split", "split", "host"))
            for _ in range(2):
                place = places.request()
                yield place
                bits.put(place)

    def sort():
        while True:
            place = yield bits.get()
            yield env.timeout(draw("process", "b", "sort", "bit"))
            done.append(env.now)
            places.release(place)

    for process in (arrivals, split, sort):
        env.process(process())
    env.run(UNTIL_S)
    ours = sorted(e.end_s for e in trace(given, moves(), seed=SEED, until_s=UNTIL_S)
                  if e.resource == "b" and e.state == "working" and e.end_s < UNTIL_S)  # fmt: skip
    agree(ours, done)


def load_station(pallets, buffer):
    """One station loads and unloads pallets, 1 s each; a machine of 5 s works on what is on them."""
    stations = [
        station("LU", {"load": 1.0, "unload": 1.0}, source="saturated", sink=True, buffer=(buffer, 0),
                inlets={"pallet": pallets}),
        station("M", {"work": 5.0}, buffer=(1, 0)),
    ]  # fmt: skip
    products = [
        product("part", ["load", "work", "unload"], sources=["LU"], sinks=["LU"], components={"load": {"pallet": 1}},
                releases={"unload": {"pallet": 1}}),
        product("pallet", [], share=0.0, sources=["LU"], sinks=["LU"], joined=True, released=True, circulates=pallets),
    ]  # fmt: skip
    links = [link("LU", "M"), link("M", "LU")]
    return line(stations, products, links=links, horizon_s=7035.5, warmup_s=35.5, replications=1)


@pytest.mark.parametrize(("n", "buffer", "cycle_s"), [(1, 0, 7.0), (2, 0, 5.0), (2, 1, 5.0), (3, 1, 5.0), (4, 1, 5.0)])
def test_one_station_that_loads_and_unloads(n, buffer, cycle_s):
    """New parts wait outside for pallets and are in nobody's way; a pallet released goes into the inlet beside."""
    found = simulate(load_station(n, buffer), moves())
    assert found.throughput_per_h.mean == pytest.approx(3600 / cycle_s, abs=0.52)
    assert found.resources["M"]["working"] == pytest.approx(5.0 / cycle_s, abs=1e-3)
    assert not found.deadlocks


def test_a_full_loop_of_carriers_is_named():
    """A part too many: the station is full of one for the machine, which is full of those for the station."""
    found = simulate(load_station(3, 0), moves())
    (deadlock,) = found.deadlocks
    assert deadlock.subjects == ("LU", "M")


def test_components_of_a_later_operation_by_hand():
    """Prepared for 1 s, then a wheel every 5 s: the machine keeps the part, and is starved for 3 s of 5."""
    given = assembly(1.0, 1.0, wheels=5.0, horizon_s=1005.5, warmup_s=5.5, replications=1)
    weld = given.stations["weld"]
    weld = replace(weld, operations={**weld.operations, "prepare": weld.operations["weld"]})
    host = replace(given.products["host"], route=("prepare", "weld"))
    found = simulate(replace(given, stations={**given.stations, "weld": weld},
                             products={**given.products, "host": host}), moves())  # fmt: skip
    assert found.throughput_per_h.mean == pytest.approx(720.0, rel=1e-9)
    assert found.resources["weld"]["working"] == pytest.approx(0.4, rel=1e-9)
    assert found.resources["weld"]["starved"] == pytest.approx(0.6, rel=1e-9)


def test_disassembly_by_hand():
    """2 s to split, 1 s for each of three bits, no places: the splitter holds the last until 4 s."""
    stations = [station("split", {"split": {"host": 2.0}}, source="saturated", sink=True),
                station("b", {"sort": {"bit": 1.0}}, sink=True)]  # fmt: skip
    products = [product("host", ["split"], sources=["split"], sinks=["split"], releases={"split": {"bit": 3}}),
                product("bit", ["sort"], share=0.0, sources=["split"], sinks=["b"], released=True)]  # fmt: skip
    given = line(stations, products, links=[link("split", "b")], horizon_s=4001.0, replications=1)
    found = simulate(given, moves())
    (run,) = replicate(given, moves())
    assert (run.left, run.entered) == (1000 + 3000, 1001 + 3000)
    assert found.resources["split"]["working"] == pytest.approx((2000 + 1) / 4001, rel=1e-9)
    assert found.resources["split"]["blocked"] == pytest.approx(2000 / 4001, rel=1e-9)
    places = replace(given, stations={**given.stations, "split": replace(given.stations["split"], buffer_out=3)})
    assert simulate(places, moves()).throughput_per_h.mean > found.throughput_per_h.mean


def test_two_servers_take_components_first_come_first_served():
    """Two welders, a wheel every second: they take turns, nobody twice in a row."""
    given = assembly(3.0, 1.0, wheels=2.0)
    weld = replace(given.stations["weld"], servers=2)
    given = replace(given, stations={**given.stations, "weld": weld})
    work = [e for e in trace(given, moves(), seed=1, until_s=100.0) if e.resource == "weld" and e.state == "working"]
    assert [e.start_s for e in work] == [pytest.approx(2.0 * (i + 1)) for i in range(len(work))]
    assert [e.part for e in work] == sorted(e.part for e in work)


@pytest.mark.parametrize("by", ["arm", "belt"])
def test_transports_bring_components_to_inlets(by):
    """By an arm that serves all, or a belt for the wheels: three wheels to a host."""
    given = replace(assembly(2.0, 1.0, number=3, places=4, horizon_s=5000.0), links={})
    if by == "arm":
        given = replace(given, arms={"r": arm("r", list(given.stations))})
        times = moves({"r": arm_times(list(given.stations), [0.0, 1.0, 2.0], pick_s=0.1, place_s=0.1)})
    else:
        given = replace(
            given, belts={"w": belt("wheels", "weld", name="w")}, links={"h": link("hosts", "weld", name="h")}
        )
        times = moves(belts={"w": belt_times(3.0, 4, 0.2)})
    (run,) = replicate(given, times)
    assert run.left > 300
    assert run.joined - 3 * run.left in (0, 3)
    assert run.entered == run.left + run.joined + run.inside
    assert run.inside <= 12


def test_carriers_of_scrapped_parts_go_back():
    """A third of the parts is thrown away on its pallet: with its pallet the line would run dry."""
    given = ring([1.0, 1.0, 1.0], 2, buffer=2, horizon_s=6000.0)
    bad = {"op2": Quality.model_validate({"scrap": 0.3})}
    given = replace(given, stations={**given.stations, "m2": replace(given.stations["m2"], quality=bad)})
    away = {name: x for name, x in given.links.items() if name != "back"}
    assert unconnected(replace(given, links=away)) == (("pallet", "m2", ""), ("pallet", "m3", ""))
    (run,) = replicate(given, moves())
    assert run.scrapped > 500
    assert run.left > 2000


def test_names_permuted_give_the_same():
    given = ring([exponential(1.0), exponential(1.2), exponential(0.8)], 3, buffer=1)
    stations, products, links = (dict(reversed(x.items())) for x in (given.stations, given.products, given.links))
    turned = replace(given, stations=stations, products=products, links=links)
    assert repr(simulate(turned, moves()).samples_per_h) == repr(simulate(given, moves()).samples_per_h)


def test_components_that_end_are_named():
    """Four wheels are ordered: two hosts are made, the third waits for ever."""
    given = assembly(1.0, 1.0, number=2, wheels=5.0, horizon_s=1000.0, replications=1)
    orders = (Order.model_validate({"at": 5, "product": "wheel", "number": 4}),)
    wheels = replace(given.stations["wheels"], arrivals=None, schedule=orders)
    found = simulate(replace(given, stations={**given.stations, "wheels": wheels}), moves())
    assert found.throughput_per_h.mean == pytest.approx(7.2)
    (deadlock,) = found.deadlocks
    assert deadlock.subjects == ("weld", "wheel")


def test_components_left_over_are_no_deadlock():
    """Two hosts are ordered; the wheels for more of them stay where they are."""
    given = assembly(1.0, 1.0, horizon_s=1000.0, replications=1)
    orders = (Order.model_validate({"at": 5, "product": "host", "number": 2}),)
    hosts = replace(given.stations["hosts"], arrivals=None, schedule=orders)
    found = simulate(replace(given, stations={**given.stations, "hosts": hosts}), moves())
    assert found.throughput_per_h.mean == pytest.approx(7.2)
    assert not found.deadlocks


@settings(max_examples=25, deadline=None, derandomize=True)
@drawn(data=st.data())
def test_axioms(data):
    """Random assembly cells: parts are conserved, shares sum to 1, Little's law holds; order changes nothing."""
    number, places = data.draw(st.integers(1, 3)), data.draw(st.integers(3, 5))
    given = assembly(exponential(1.0), exponential(data.draw(st.sampled_from([0.2, 0.6, 2.0]))), number=number,
                     places=places, horizon_s=1500.0, warmup_s=100.0, replications=2)  # fmt: skip
    share, scrap = data.draw(st.sampled_from([0.1, 0.4])), data.draw(st.sampled_from([0.0, 0.2]))
    bad = Quality.model_validate({"scrap": scrap, "rework": {"share": share, "to": "weld"}})
    kind = data.draw(st.sampled_from(["after", "again"]))
    weld = replace(given.stations["weld"], servers=data.draw(st.integers(1, 2)), buffer_in=data.draw(st.integers(0, 2)),
                   buffer_out=data.draw(st.integers(0, 2)))  # fmt: skip
    stations, products = {**given.stations, "weld": weld}, dict(given.products)
    if kind == "again":
        stations["weld"] = replace(weld, quality={"weld": bad})
    else:
        stations["test"] = station("test", {"test": {"host": exponential(0.7)}}, sink=True, buffer=(5, 0),
                                   quality={"test": Quality(scrap=scrap)})  # fmt: skip
        stations["weld"] = replace(weld, is_sink=False)
        products["host"] = replace(
            products["host"], route=("weld", "test"), sinks=("test",), releases={"test": {"bit": 2}}
        )
        products["bit"] = product("bit", [], share=0.0, sources=["test"], sinks=["bits"], released=True)
        stations["bits"] = station("bits", sink=True)
    links = [*given.links.values(), *([link("weld", "test"), link("test", "bits")] if kind == "after" else [])]
    made = replace(given, stations=stations, products=products, links={x.name: x for x in links})
    found = simulate(made, moves())
    turned = replace(made, stations=dict(reversed(stations.items())), products=dict(reversed(products.items())))
    assert found.samples_per_h == simulate(turned, moves()).samples_per_h
    assert found.throughput_per_h.mean > 0
    for run in replicate(made, moves(), seed=made.time.seed, replications=2):
        assert run.entered == run.left + run.scrapped + run.joined + run.inside
        assert kind == "again" or run.by_product["bit"] > 0


def test_more_carriers_than_places_are_named():
    with pytest.raises(LayoutError, match="5 of 'pallet' circulate, the inlets that join them have room for 4"):
        simulate(ring([1.0, 1.0], 5, loads=4), moves())


def test_rework_over_the_loading_of_a_carrier_is_named():
    given = ring([1.0, 1.0], 2)
    back = {"op2": Quality.model_validate({"rework": {"share": 0.1, "to": "op1"}})}
    given = replace(given, stations={**given.stations, "m2": replace(given.stations["m2"], quality=back)},
                    links={**given.links, "again": link("m2", "m1", name="again")})  # fmt: skip
    with pytest.raises(LayoutError, match="would join or release 'pallet' twice"):
        simulate(given, moves())
