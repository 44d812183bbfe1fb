import itertools

import pytest

from layout.model.results import TraceEvent
from layout.report import canvas, gantt
from layout.report.gantt import Bar, clock, draw_gantt, rows


def event(start, end, resource, state, part=-1, origin="", target=None, product=None):
    name = product if product is not None else ("gear", "rod")[part % 2] if part >= 0 else ""
    return TraceEvent(start, end, resource, state, part, name, origin or resource, target or origin or resource)


@pytest.fixture
def events():
    found = []
    for i in range(60):
        t = 60.0 * i
        found += [
            event(t, t + 4, "arm", "moving_empty", -1, "mill", "in"),
            event(t + 4, t + 6, "arm", "handling", i, "in"),
            event(t + 6, t + 10, "arm", "moving_loaded", i, "in", "mill"),
            event(t + 10, t + 12, "arm", "handling", i, "mill"),
            event(t + 12, t + 50, "mill", "working", i),
            event(t + 50, t + 55, "mill", "blocked", i),
            event(t + 55, t + 75, "belt", "transit", i, "mill", "out"),
            event(t, t + 100, "oven", "working", 100 + i),
            event(t, t + 30, "mill", "waiting", 200 + i),
        ]
    return found


def shown(name, found):
    return next(row for row in found if row.name == name)


def test_a_row_for_each_resource_in_the_order_asked_for(events):
    assert [row.name for row in rows(events, 0, 3600, ["mill", "nobody", "arm"])] == ["mill", "arm", "belt", "oven"]


def test_bars_are_the_events_of_the_time_asked_for(events):
    mill = shown("mill", rows(events, 100.0, 180.0))
    assert mill.bars == [
        Bar(100.0, 110.0, "working", "rod", 0, 1),
        Bar(110.0, 115.0, "blocked", "rod", 0, 1),
        Bar(132.0, 170.0, "working", "gear", 0, 2),
        Bar(170.0, 175.0, "blocked", "gear", 0, 2),
    ]


def test_waiting_parts_of_a_station_are_no_bars(events):
    assert not any(bar.state == "waiting" for row in rows(events, 0, 3600) for bar in row.bars)
    assert rows([event(0, 9, "store", "waiting", 1)], 0, 10) == []


def test_parts_worked_on_at_once_have_lanes_of_their_own(events):
    oven = shown("oven", rows(events, 0, 3600))
    assert oven.lanes == 2
    for lane in range(2):
        bars = sorted((b for b in oven.bars if b.lane == lane), key=lambda b: b.start_s)
        assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(bars))


def test_a_part_keeps_its_lane_through_a_breakdown():
    both = [
        event(0, 10, "oven", "working", 1),
        event(2, 30, "oven", "working", 2),
        event(10, 20, "oven", "down", 1),
        event(20, 40, "oven", "working", 1),
        event(41, 50, "oven", "down"),
    ]
    (oven,) = rows(both, 0, 60)
    lanes = {(bar.part, bar.lane) for bar in oven.bars}
    assert lanes == {(1, 0), (2, 1), (-1, 0)}


def test_a_part_that_comes_again_needs_no_lane_meanwhile():
    again = [
        event(0, 10, "mill", "working", 1),
        event(10, 20, "mill", "working", 2),
        event(20, 30, "mill", "working", 1),
    ]
    (mill,) = rows(again, 0, 60)
    assert mill.lanes == 1


def test_a_belt_moves_while_a_part_is_on_its_way_and_is_blocked_while_one_waits():
    on = [event(0, 10, "belt", "transit", 1, "a", "b"), event(5, 15, "belt", "transit", 2, "a", "b"),
          event(10, 30, "belt", "waiting", 1, "a", "b"), event(40, 50, "belt", "transit", 3, "a", "b")]  # fmt: skip
    (belt,) = rows(on, 0, 60)
    assert belt.bars == [Bar(0, 15, "moving"), Bar(40, 50, "moving"), Bar(10, 30, "blocked")]
    assert belt.lanes == 1


@pytest.mark.parametrize("theme", [canvas.LIGHT, canvas.DARK])
def test_a_chart_of_either_theme(events, tmp_path, fake, theme):
    path = draw_gantt(events, tmp_path / "a.png", start_s=0, end_s=3600, bottleneck="mill", theme=theme)
    width, height = fake.png_size(path)
    assert width > 1500 and height > 600
    again = draw_gantt(events, tmp_path / "b.png", start_s=0, end_s=3600, bottleneck="mill", theme=theme)
    assert again.read_bytes() == path.read_bytes()


def test_what_the_chart_says(events, tmp_path):
    path = draw_gantt(events, tmp_path / "a.svg", start_s=3600 * 2, end_s=3600 * 3, bottleneck="mill")
    assert "2:00" in path.read_text()
    later = [event(e.start_s + 7200, e.end_s + 7200, e.resource, e.state, e.part, e.origin, e.target) for e in events]
    text = draw_gantt(later, tmp_path / "b.svg", start_s=7200, end_s=10800, bottleneck="mill").read_text()
    for words in ("▸ mill", "oven", "belt", "arm", "2:00", "2:10", "2:40", "3:00", "gear", "rod", "blocked (no room)"):
        assert words in text, words
    assert text.count("▸ mill") == 3  # a strip for every 20 minutes


def test_an_hour_cut_short_has_fewer_strips(events, tmp_path):
    text = draw_gantt(events, tmp_path / "b.svg", start_s=0, end_s=1500, bottleneck="mill").read_text()
    assert text.count("▸ mill") == 2


def test_of_very_many_resources_there_is_one_strip(tmp_path):
    many = [event(i, 3000 + i, f"m{i}", "working", i) for i in range(gantt.MOST_LINES + 1)]
    text = draw_gantt(many, tmp_path / "b.svg", start_s=0, end_s=3600, bottleneck="m7").read_text()
    assert text.count("▸ m7") == 1


def test_one_product_needs_no_mark(tmp_path):
    alone = [event(0, 9, "mill", "working", 0, product="gear"), event(9, 12, "mill", "strange", 0, product="gear")]
    text = draw_gantt(alone, tmp_path / "b.svg", start_s=0, end_s=20).read_text()
    assert "gear" not in text and "strange" in text


def test_nothing_happened(tmp_path, fake):
    assert fake.png_size(draw_gantt([], tmp_path / "a.png", start_s=0, end_s=3600))


def test_products_and_states_have_colours_of_their_own():
    states = set(canvas.STATE_COLOURS.values())
    assert not states & set(gantt.PRODUCT_COLOURS)
    assert len(set(gantt.PRODUCT_COLOURS)) == len(gantt.PRODUCT_COLOURS)


def test_clock():
    assert [clock(t) for t in (0, 59, 60, 3600, 36_000)] == ["0:00", "0:01", "0:01", "1:00", "10:00"]
