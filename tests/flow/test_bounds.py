"""The analytic bound, worked out by hand."""

from dataclasses import replace

import pytest

from layout.flow import bound
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
    serial,
    station,
)

PER_H = 3600.0


def test_availability_of_the_slowest_machine():
    modes = {
        "a": failure(exponential(90.0), exponential(10.0)),
        "b": failure(exponential(80.0), exponential(16.0), "calendar"),
    }
    made = serial([exponential(2.0), exponential(3.0)], 4, failures={0: modes})
    assert bound(made, moves()) == pytest.approx(PER_H / 3)
    made = serial([exponential(2.5), exponential(3.0)], 4, failures={0: modes})
    assert bound(made, moves()) == pytest.approx(PER_H / (2.5 * (1 + 1 / 9 + 0.2)))


def shop(**changes):
    """Two mills of 10 and 30 s, a washer of 4 s; half of the parts only wash."""
    stations = [
        station("in", source=changes.get("source", "saturated")),
        station("mill 1", {"mill": 10.0}),
        station("mill 2", {"mill": 30.0}, servers=changes.get("servers", 1)),
        station("washer", {"wash": 4.0}, products=["long", "short"]),
        station("out", sink=True),
    ]
    stations = [replace(s, operations={o: {p: t for p in ("long", "short") for t in d.values()} for o, d in
                                       s.operations.items()}) for s in stations]  # fmt: skip
    long = changes.get("share", 0.5)
    ends = {"sources": ["in"], "sinks": ["out"]}
    products = [
        product("long", ["mill", "wash"], share=long, **ends),
        product("short", ["wash"], share=1 - long, **ends),
    ]
    pairs = [
        ("in", "mill 1"),
        ("in", "mill 2"),
        ("in", "washer"),
        ("mill 1", "washer"),
        ("mill 2", "washer"),
        ("washer", "out"),
    ]
    return line(stations, products, links=[link(a, b) for a, b in pairs])


def test_machines_that_share_an_operation_and_products_that_share_a_line():
    assert bound(shop(), moves()) == pytest.approx(min(PER_H / 4, 2 * PER_H * (1 / 10 + 1 / 30)))
    assert bound(shop(share=0.9), moves()) == pytest.approx(PER_H * (1 / 10 + 1 / 30) / 0.9)
    assert bound(shop(share=0.9, servers=3), moves()) == pytest.approx(PER_H * 0.2 / 0.9)


def test_arrivals_limit():
    assert bound(shop(source=exponential(20.0)), moves()) == pytest.approx(PER_H / 20)


def test_belt_spacing_and_places():
    stations = [station("a", {"op": 0.5}, source="saturated"), station("b", sink=True)]
    made = line(stations, [product(route=["op"], sources=["a"], sinks=["b"])], belts=[belt("a", "b")])
    assert bound(made, moves(belts={"a~b": belt_times(20.0, 100, 1.5)})) == pytest.approx(PER_H / 1.5)
    assert bound(made, moves(belts={"a~b": belt_times(20.0, 5, 1.5)})) == pytest.approx(PER_H / 4)
    assert bound(made, moves()) == pytest.approx(PER_H / 0.5)


def served(op_s, arms=1, buffer=(2, 2)):
    names = ["a", "m", "z"]
    stations = [station("a", source="saturated"), station("m", {"op": op_s}, buffer=buffer), station("z", sink=True)]
    made = line(
        stations, [product(route=["op"], sources=["a"], sinks=["z"])], arms=[arm(f"r{i}", names) for i in range(arms)]
    )
    times = arm_times(names, [0.0, 2.0, 5.0], pick_s=0.5, place_s=1.0)
    return made, moves({f"r{i}": times for i in range(arms)})


def test_arm_carries_and_must_come_back():
    """Loaded 2 + 3, back 5, two picks and places: 13 s; two arms half of it."""
    assert bound(*served(1.0)) == pytest.approx(PER_H / 13)
    assert bound(*served(1.0, arms=2)) == pytest.approx(2 * PER_H / 13)
    assert bound(served(6.0, arms=2)[0], moves()) == pytest.approx(PER_H / 6)


def test_a_place_is_taken_while_the_arm_brings_the_part_and_takes_it():
    """Work 20 s, 0.5 + 2 + 1 s on the way in, 0.5 s to take it out."""
    assert bound(*served(20.0, buffer=(0, 0))) == pytest.approx(PER_H / 24)
    assert bound(*served(20.0, buffer=(0, 1))) == pytest.approx(PER_H / 23.5)
    assert bound(*served(20.0, buffer=(1, 1))) == pytest.approx(PER_H / 20)


def test_what_cannot_be_made_is_bounded_by_nothing():
    made = shop()
    assert bound(replace(made, links={k: v for k, v in made.links.items() if v.target != "out"}), moves()) == 0.0
