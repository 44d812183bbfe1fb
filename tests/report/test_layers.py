from hypothesis import given, settings
from hypothesis import strategies as st

from layout.report.layers import Spot, layered, natural

NAMES = "abcdefgh"
flows = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.floats(0.1, 100.0), min_size=1, max_size=20
)


def test_a_line_is_one_station_to_a_layer():
    network = layered({("in", "mill"): 5.0, ("mill", "wash"): 5.0, ("wash", "out"): 4.0})
    assert network.stations == ("in", "mill", "wash", "out")
    assert network.back == ()


def test_the_lesser_flow_of_a_cycle_leads_back():
    network = layered({("in", "mill"): 60.0, ("mill", "test"): 66.0, ("test", "mill"): 6.0, ("test", "out"): 60.0})
    assert network.back == (("test", "mill"),)
    assert network.stations == ("in", "mill", "test", "out")


def test_a_station_that_sends_parts_to_itself_goes_back():
    assert layered({("a", "b"): 1.0, ("b", "b"): 5.0}).back == (("b", "b"),)


def test_a_long_flow_has_a_place_in_every_layer():
    network = layered({("a", "b"): 3.0, ("b", "c"): 3.0, ("c", "d"): 3.0, ("a", "d"): 1.0})
    way = network.ways["a", "d"]
    assert [spot.layer for spot in way] == [0, 1, 2, 3]
    assert [spot.flow for spot in way] == [None, ("a", "d"), ("a", "d"), None]


def test_a_source_stands_just_before_who_it_feeds():
    network = layered({("a", "b"): 1.0, ("b", "c"): 1.0, ("c", "d"): 1.0, ("x", "d"): 1.0})
    assert Spot(2, "x") in network.columns[2]


def test_crossings_are_undone():
    network = layered({("a", "y"): 1.0, ("b", "x"): 1.0, ("x", "p"): 1.0, ("y", "q"): 1.0})
    ranks = {spot.name: i for column in network.columns for i, spot in enumerate(column)}
    assert ranks["a"] == ranks["y"] == ranks["q"] != ranks["b"] == ranks["x"] == ranks["p"]


def test_names_sort_as_people_do():
    assert sorted(["mill 10", "mill 2", "2", "a"], key=natural) == ["2", "a", "mill 2", "mill 10"]


@settings(deadline=None)
@given(flows)
def test_any_network(given_flows):
    """Everything has its place, forward flows lead right layer by layer, the order of a file changes nothing."""
    network = layered(given_flows)
    assert set(network.ways) | set(network.back) == set(given_flows)
    named = {name for pair in network.ways for name in pair}
    assert set(network.stations) >= named and len(network.stations) == len(set(network.stations))
    for (origin, target), way in network.ways.items():
        assert (way[0].name, way[-1].name) == (origin, target)
        assert [spot.layer for spot in way] == list(range(way[0].layer, way[-1].layer + 1))
        assert all(spot in network.columns[spot.layer] for spot in way)
    assert layered(dict(reversed(given_flows.items()))) == network
