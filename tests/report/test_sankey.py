import itertools
from types import SimpleNamespace

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.model.results import FlowMove
from layout.report import canvas, sankey
from layout.report.layers import layered


def made(flows, scrap=None, bottleneck=""):
    moves = tuple(FlowMove("belt", a, b, per_h, 1.0) for (a, b), per_h in flows.items())
    return SimpleNamespace(moves=moves, bottleneck=bottleneck, scrap_by_station=scrap or {})


def long_line(count=20, rework=True):
    names = [f"station {i + 1} of the line" for i in range(count)]
    flows = {pair: 60.0 - 0.5 * i for i, pair in enumerate(itertools.pairwise(names))}
    if rework:
        flows |= {(names[8], names[3]): 4.0, (names[16], names[11]): 2.5, (names[16], names[14]): 1.5}
    return flows, names


def words_of(flow, tmp_path, monkeypatch, theme=canvas.LIGHT):
    """Every text of the picture with its box in inches, and the picture's size."""
    kept = {}

    def keep(figure, path):
        figure.canvas.draw()
        dpi = figure.dpi
        kept["texts"] = [
            (text.get_text(), shapely.box(*text.get_window_extent().extents / dpi))
            for axes in figure.axes
            for text in axes.texts
            if text.get_text()
        ]
        kept["size"] = shapely.box(0, 0, *figure.get_size_inches())
        return path

    monkeypatch.setattr(canvas, "save", keep)
    sankey.draw_sankey(flow, tmp_path / "flow.png", theme=theme)
    return kept["texts"], kept["size"]


@pytest.mark.parametrize("theme", [canvas.LIGHT, canvas.DARK])
def test_a_picture_of_either_theme(fake, tmp_path, theme):
    flow = fake.make_flow(fake.make_line())
    path = sankey.draw_sankey(flow, tmp_path / "flow.png", theme=theme)
    width, height = fake.png_size(path)
    assert width > height > 200
    again = sankey.draw_sankey(flow, tmp_path / "again.png", theme=theme)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("rework", [True, False])
@pytest.mark.parametrize("count", [3, 9, 20])
def test_no_word_covers_another(tmp_path, monkeypatch, count, rework):
    flows, names = long_line(count, rework and count == 20)
    scrap = {names[2]: 1.0, names[-2]: 0.5}
    texts, size = words_of(made(flows, scrap, names[1]), tmp_path, monkeypatch)
    assert len(texts) >= 2 * count + len(scrap)
    for (said, box), (other, place) in itertools.combinations(texts, 2):
        assert box.intersection(place).area < 0.05 * min(box.area, place.area), (said, other)
    assert all(size.buffer(0.01).contains(box) for _, box in texts)


def test_of_a_very_long_line_all_stations_are_drawn_and_as_many_named_as_have_room(tmp_path, monkeypatch):
    flows, _ = long_line(90, rework=False)
    texts, size = words_of(made(flows), tmp_path, monkeypatch)
    assert 30 < len(texts) <= 180
    assert size.bounds[2] <= sankey.MOST_IN
    for (said, box), (other, place) in itertools.combinations(texts, 2):
        assert box.intersection(place).area < 0.05 * min(box.area, place.area), (said, other)


def test_rates_are_said(tmp_path, monkeypatch):
    flows = {("in", "mill 1"): 30.0, ("in", "mill 2"): 20.0, ("mill 1", "test"): 30.0, ("mill 2", "test"): 25.0,
             ("test", "mill 2"): 5.0, ("test", "out"): 48.0}  # fmt: skip
    texts, _ = words_of(made(flows, {"test": 2.0}), tmp_path, monkeypatch)
    said = [text for text, _ in texts]
    assert said.count("30/h") == 1 and "25/h" in said  # at the mills
    assert {"50/h", "55/h", "back 5.0/h", "scrap 2.0/h", "48/h good"} <= set(said)


def test_bands_are_as_wide_as_what_flows():
    flows = {("a", "b"): 30.0, ("a", "c"): 10.0, ("b", "d"): 30.0, ("c", "d"): 10.0}
    picture = sankey._Picture(layered(flows), flows, {})
    boxes = {spot.name: box for spot, box in picture.boxes.items()}
    assert picture.thick(30.0) == pytest.approx(3 * picture.thick(10.0))
    assert boxes["a"].tall == pytest.approx(boxes["b"].tall + boxes["c"].tall)
    ports = picture._ports()
    assert ports["a", "b"][0] - ports["a", "c"][0] == pytest.approx(-(boxes["b"].tall + boxes["c"].tall) / 2)


def test_a_straight_line_is_level():
    flows, _ = long_line(12, rework=False)
    picture = sankey._Picture(layered(flows), flows, {})
    middles = [box.middle for box in picture.boxes.values()]
    assert max(middles) - min(middles) < 0.02


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")),
        st.floats(0.01, 900.0),
        min_size=1,
        max_size=14,
    )
)
def test_stations_never_overlap(flows):
    network = layered(flows)
    picture = sankey._Picture(network, flows, {})
    for column in network.columns:
        for a, b in itertools.pairwise(column):
            assert picture.boxes[b].top - picture.boxes[a].top - picture.boxes[a].tall > 0.1
    for box in picture.boxes.values():
        assert box.top >= 0 and box.top + box.tall < picture.height and box.x + picture.bar < picture.width


def test_nothing_flows(tmp_path, fake):
    assert fake.png_size(sankey.draw_sankey(made({}), tmp_path / "none.png"))


def test_only_a_loop_to_itself(tmp_path):
    assert sankey.draw_sankey(made({("a", "a"): 5.0, ("a", "b"): 6.0}), tmp_path / "loop.png").stat().st_size > 1000


def test_transports_between_the_same_stations_are_added_up():
    moves = [FlowMove("arm", "a", "b", 5.0, 1.0), FlowMove("belt", "a", "b", 7.0, 1.0), FlowMove("x", "b", "c", 0.0, 1)]
    assert sankey.passed(moves) == {("a", "b"): 12.0}


def test_resources_in_the_order_of_the_flow(fake):
    flow = fake.make_flow(fake.make_line())
    shuffled = ["tender", "wash", "outfeed", "mill", "infeed", "belt"]
    assert sankey.in_order(flow.moves, shuffled) == ["infeed", "mill", "wash", "outfeed", "tender", "belt"]
