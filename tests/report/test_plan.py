import dataclasses
import itertools

import numpy as np
import pytest
import shapely
from matplotlib.transforms import Bbox

from layout.model.pose import Pose
from layout.model.results import BeltTimes, FleetTimes, FlowMove, Moves, Violation
from layout.report import canvas, draw_line, geometry
from layout.report.plan_flows import Scale, _driven
from layout.scene.marks import marks


@pytest.fixture
def sheets(monkeypatch):
    """The figures drawn, before they become pixels."""
    kept = []
    save = canvas.save
    monkeypatch.setattr(canvas, "save", lambda figure, path: kept.append(figure) or save(figure, path))
    return kept


def said(figure):
    return [
        text.get_text()
        for axes in [*figure.axes, figure]
        for text in axes.findobj(match=lambda a: hasattr(a, "get_text"))
    ]


def test_draws_a_line_with_its_flows(fake, line, tmp_path, sheets):
    path = draw_line(line, tmp_path / "plan.png", flow=fake.make_flow(line), title="Best layout", subtitle="131/h")
    width, height = fake.png_size(path)
    assert width > 1000 and height > 600
    words = said(sheets[0])
    assert {"Best layout", "131/h", "infeed", "mill", "wash", "outfeed", "tender", "column", "bottleneck"} <= set(words)
    assert "125/h" in words and "120/h" in words
    assert not list(tmp_path.glob(".*"))


def test_violations_are_numbered_and_listed(fake, line, tmp_path, sheets):
    found = [Violation("clearance", ("mill", "wash"), 0.123, "m"), Violation("keep_clear", ("nobody",), 0.5, "m2")]
    draw_line(line, tmp_path / "plan.png", violations=found)
    words = said(sheets[0])
    assert words.count("1") >= 2  # at the place and in the list (and perhaps on an axis)
    assert any(w.replace("\n", " ") == "clearance: mill, wash, 0.123\u00a0m" for w in words)
    assert any(w.replace("\n", " ") == "keep clear: nobody, 0.5\u00a0m²" for w in words)


@pytest.mark.parametrize("flows", [True, False])
def test_no_labels_overlap_with_thirty_machines(fake, tmp_path, sheets, flows):
    line = fake.dense_line()
    draw_line(line, tmp_path / "plan.png", flow=fake.dense_flow(line) if flows else None)
    axes = sheets[0].axes[0]
    boxes = [(t.get_text(), t.get_window_extent()) for t in axes.texts if t.get_text()]
    assert len(boxes) >= 34
    for (a, one), (b, two) in itertools.combinations(boxes, 2):
        common = Bbox.intersection(one, two)
        assert common is None or common.width * common.height < 12, (a, b)  # px²: letters' own margins
    frame = axes.get_window_extent()
    assert all(
        frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for _, box in boxes
    )


def test_scale_is_true_in_both_directions(fake, line, tmp_path, sheets):
    draw_line(line, tmp_path / "plan.png")
    (x0, y0), (x1, y1) = sheets[0].axes[0].transData.transform([(0, 0), (1, 1)])
    assert x1 - x0 == pytest.approx(y1 - y0, rel=1e-6)


def test_machines_outside_the_floor_are_still_seen(fake, line, tmp_path, sheets):
    out = fake.moved(line, mill=Pose(-3, 8, 0.7))
    draw_line(out, tmp_path / "plan.png")
    x0, x1 = sheets[0].axes[0].get_xlim()
    y0, y1 = sheets[0].axes[0].get_ylim()
    seen = geometry.outline(out.stations["mill"]).bounds
    assert x0 < seen[0] and y0 < seen[1] and seen[2] < x1 and seen[3] < y1


def test_hostile_and_foreign_names(fake, tmp_path, sheets):
    line = fake.make_line(("$\\frac{1}$", "<script>x</script>", "卷材 " + "very long name " * 9, "%s {0}"))
    draw_line(line, tmp_path / "plan.png", flow=fake.make_flow(line, "<script>x</script>"), title="$x$ " * 40)
    assert "$\\frac{1}$" in said(sheets[0])


def test_belts_follow_the_path_that_motion_laid(line):
    laid = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    moves = Moves(belts={"belt": BeltTimes(1.0, 1, 1.0, 3.0, laid)})
    assert np.allclose(geometry.belt_path(line, "belt", moves), laid)
    straight = geometry.belt_path(line, "belt", None)
    # wash is turned by 180 degrees, so its out port (+0.8 in its frame) lies to the left of it
    assert np.allclose(straight, [[6.6 - 0.8, 1.4], [9.2, 4.4 - 0.8]])


def test_envelope_has_the_service_floor_in_front(line):
    x0, y0, x1, y1 = geometry.envelope(line.stations["mill"]).bounds
    assert (x0, y0, x1, y1) == pytest.approx((4 - 0.8, 4.6 - 0.6 - 0.6, 4 + 0.8, 4.6 - 0.6))
    (front,) = geometry.front_edges(line.stations["wash"])  # turned by 180 degrees: its front is above
    assert np.allclose(front[:, 1], 1.4 + 0.6)


@pytest.mark.parametrize("pivot", [None, np.array([1.0, 1.0]), np.array([1.0, -0.1]), np.array([1.0, 0.0])])
def test_both_directions_of_a_flow_stay_apart(pivot):
    a, b = np.array([0.0, 0.0]), np.array([2.0, 0.0])
    there, back = geometry.swing(a, b, pivot), geometry.swing(b, a, pivot)
    assert np.allclose(there[[0, -1]], [a, b]) and np.allclose(back[[0, -1]], [b, a])
    middle = len(there) // 2
    assert np.hypot(*(there[middle] - back[middle])) > 0.1
    if pivot is not None:
        nearest = min(np.hypot(*(np.vstack([there, back]) - pivot).T))
        assert nearest > 0.45  # of the 0.5 m to keep clear


def test_parts_on_vehicles_follow_the_way_driven():
    driven = np.array([[4.0, 3.0], [5.0, 2.5], [6.0, 3.0]])
    ones = np.ones((2, 2))
    times = FleetTimes(("mill", "wash"), ones, np.ones(2), ones, {(0, 1): driven}, np.zeros((2, 3)))
    moves = Moves(fleets={"carts": times})
    assert _driven(moves, FlowMove("carts", "mill", "wash", 9.0, 2.2)) is not None
    for unknown in (FlowMove("carts", "wash", "mill", 9.0, 2.2), FlowMove("arm", "mill", "wash", 9.0, 2.2)):
        assert _driven(moves, unknown) is None
    there, back = geometry.aside(driven, 0.1), geometry.aside(driven[::-1], 0.1)
    assert np.allclose(there[0] - driven[0], np.array([-0.5, -1.0]) / np.hypot(0.5, 1) * 0.1)  # to its right
    assert np.hypot(*(there[1] - back[1])) == pytest.approx(2 * 0.1 / np.cos(np.arctan(0.5)))
    assert geometry.aside(driven[[0, 1, 0]], 0.1).shape[1] == 2  # there and back on one line


def test_arrows_grow_with_the_flow():
    scale = Scale(100.0)
    assert scale.width(0) < scale.width(50) < scale.width(100) == scale.width(120)
    assert sum(scale.colour(10)) > sum(scale.colour(90))
    assert Scale(0.0).width(5) == scale.width(0)


def test_a_failed_drawing_leaves_the_old_file(line, tmp_path, monkeypatch):
    path = tmp_path / "plan.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(canvas, "png", lambda figure: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        draw_line(line, path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_the_same_line_gives_the_same_bytes(line, tmp_path):
    first, second = (draw_line(line, tmp_path / name).read_bytes() for name in ("a.png", "b.png"))
    assert first == second


def test_a_lone_station_on_a_small_floor(fake, line, tmp_path):
    only = {"mill": dataclasses.replace(line.stations["mill"], pose=Pose(0, 0))}
    floor = fake.Floor(boundary=((-1.2, -1), (1.5, -1), (1.5, 1)))
    lone = dataclasses.replace(line, stations=only, arms={}, belts={}, links={}, floor=floor)
    assert fake.png_size(draw_line(lone, tmp_path / "plan.png"))[0] > 500


def test_a_violation_is_shown_where_it_is(fake, line):
    out = fake.moved(line, mill=Pose(0.5, 4.6))  # 0.3 m of it are beyond the wall on the left
    (mark,) = marks(out, [Violation("floor", ("mill",), 0.3, "m")])
    (outside,) = mark.volumes
    assert outside.area.bounds[0] == pytest.approx(-0.3) and outside.area.bounds[2] == pytest.approx(0.0)
    near = fake.moved(line, mill=Pose(8.6, 1.7))  # its service floor in front holds the column
    (mark,) = marks(near, [Violation("service", ("column", "mill"), 0.3, "m")])
    (taken,) = mark.volumes
    assert geometry.envelope(near.stations["mill"]).buffer(1e-6).contains(taken.area)
    assert taken.area.area > 0 and taken.area.distance(shapely.Point(8.6, 0.6)) == pytest.approx(0)
    assert len(mark.outlines) == 2
