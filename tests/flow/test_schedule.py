"""Parts that come by schedule, and their due times."""

import pytest

from layout.errors import LayoutError
from layout.flow import simulate
from layout.flow.simulation import replicate
from layout.model.production import Order
from tests.flow.builders import exponential, line, link, moves, product, station, timed


def shop(orders, times=None, **more):
    """One machine for the products that are ordered, and a sink."""
    times = times or {"p": 10.0}
    schedule = tuple(Order.model_validate(order) for order in orders)
    stations = [station("a", source="saturated", schedule=schedule), station("sink", sink=True),
                station("m", {"work": times}, products=tuple(times))]  # fmt: skip
    products = [product(name, sources=["a"]) for name in times]
    links = [link("a", "m"), link("m", "sink")]
    return line(stations, products, links=links, **{"horizon_s": 1000.0, "replications": 1, **more})


def test_lead_times_and_tardiness_by_hand():
    """Three parts at 100 s, due at 120 s: they leave after 10, 20 and 30 s; one more at 200 s has no due time."""
    orders = [{"at": 200, "product": "p"}, {"at": 100, "product": "p", "number": 3, "due": 120}]
    (found,) = replicate(shop(orders), moves())
    assert (found.entered, found.left, found.inside) == (4, 4, 0)
    assert found.lead_time_s == pytest.approx((10 + 20 + 30 + 10) / 4, rel=1e-9)
    assert found.wip == pytest.approx(70 / 1000, rel=1e-9)
    assert found.on_time == pytest.approx(2 / 3, rel=1e-9)
    assert found.tardiness_s == pytest.approx(10 / 3, rel=1e-9)


def test_products_come_as_ordered():
    """Two products at the same instant, in the order of the schedule; at time 0 too."""
    orders = [{"at": 0, "product": "q", "number": 2}, {"at": 0, "product": "p"}, {"at": 5, "product": "q"}]
    (found,) = replicate(shop(orders, {"p": 10.0, "q": 1.0}), moves())
    assert found.by_product == {"p": pytest.approx(3.6), "q": pytest.approx(10.8)}
    assert found.lead_time_s == pytest.approx((1 + 2 + 12 + 8) / 4, rel=1e-9)


def test_a_schedule_that_ends_is_no_deadlock():
    found = simulate(shop([{"at": 10, "product": "p"}]), moves())
    assert not found.deadlocks
    assert found.throughput_per_h.mean == pytest.approx(3.6)


def test_more_parts_than_there_was_room_for_at_first():
    (found,) = replicate(shop([{"at": 1, "product": "p", "number": 5000}]), moves())
    assert (found.entered, found.left) == (5000, 99)


def test_arrivals_at_the_same_times_give_the_same():
    """Orders one by one are what an interarrival time of the same length gives."""
    orders = [{"at": 12.5 * (i + 1), "product": "p"} for i in range(79)]
    given = shop([], {"p": exponential(10.0)})
    given = line([station("a", source=12.5), *(s for s in given.stations.values() if s.name != "a")],
                 list(given.products.values()), links=list(given.links.values()), horizon_s=1000.0)  # fmt: skip
    (random,) = replicate(timed(given, horizon_s=999.0), moves())
    (ordered,) = replicate(timed(shop(orders, {"p": exponential(10.0)}), horizon_s=999.0), moves())
    assert repr(ordered) == repr(random)


def test_what_cannot_enter_is_named():
    with pytest.raises(LayoutError, match="'x' is ordered at 'a'"):
        simulate(shop([{"at": 1, "product": "x"}]), moves())
