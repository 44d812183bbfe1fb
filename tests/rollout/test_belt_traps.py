"""Belts that only physics can refuse, each beside one that is almost the same and works."""

from __future__ import annotations

import math

import pytest


def told(rig) -> list[str]:
    return sorted({incident.kind for incident in rig.incidents})


def ride(belts, line, product, until_s: float):
    with belts.Rig(line, [product]) as rig:
        rig.put(next(iter(rig.belts)), product.name, 7)
        rig.run(until_s)
        for incident in rig.incidents:
            assert incident.part == 7 and incident.product == product.name and "belt" in incident.subjects
            assert incident.amount >= incident.limit > 0 and incident.cause and 0 < incident.time_s <= until_s
        return rig


@pytest.mark.parametrize(("speed", "kinds"), [(0.8, ["fell", "tipped"]), (0.3, [])])
def test_a_tall_part_tips_in_a_corner_that_is_taken_fast(belts, blocks, world, tmp_path, speed, kinds):
    """Centre line's radius 0.15 m: v^2 / r is 4.3 m/s^2 and 0.6 m/s^2; it stands up to g b / h = 1.47 m/s^2."""
    part = blocks.block((0.3, 0.06, 0.4), friction=0.5)
    rig = ride(belts, belts.corner_line(world, tmp_path, speed), part, 12.0)
    assert told(rig) == kinds
    if kinds:
        assert (
            rig.incidents[0].kind == "tipped" and "in a corner, where no more than 1.47 m/s^2" in rig.incidents[0].cause
        )
        assert rig.incidents[0].at_m[0] == pytest.approx(2.5, abs=0.4)  # where the corner is


@pytest.mark.parametrize(("speed", "tips"), [(1.0, True), (0.6, False)])
def test_a_tall_part_falls_over_the_stop_of_a_fast_belt(belts, blocks, world, tmp_path, speed, tips):
    part = blocks.block((0.12, 0.12, 0.3), friction=0.35)
    rig = ride(belts, belts.straight_line(world, tmp_path, 3.0, speed), part, 3.0 / speed + 2.0)
    assert ("tipped" in told(rig)) is tips
    if tips:
        assert "at the stop" in rig.incidents[0].cause
        assert rig.news[-1].kind == "lost" and "beyond the belt's end" in rig.incidents[-1].cause
        assert not rig.belts["belt"].riders
    else:
        assert not rig.incidents and rig.news[-1].kind == "end"


@pytest.mark.parametrize(("speed", "kinds"), [(0.6, ["slipped"]), (0.3, [])])
def test_an_oily_part_slips_on_a_belt_that_is_too_fast_for_it(belts, blocks, world, tmp_path, speed, kinds):
    """It takes v / (mu g) to reach the belt's speed: 0.76 s and 0.38 s."""
    part = blocks.block((0.2, 0.2, 0.1), friction=0.08)
    rig = ride(belts, belts.straight_line(world, tmp_path, 3.0, speed), part, 12.0)
    assert told(rig) == kinds
    if kinds:
        assert "friction 0.08 takes 0.76 s" in rig.incidents[0].cause


@pytest.mark.parametrize(("degrees", "kinds"), [(13.0, ["slipped"]), (10.0, [])])
def test_a_part_slips_on_a_slope_steeper_than_its_friction(belts, blocks, world, tmp_path, degrees, kinds):
    """Friction 0.2 holds up to 11.3 degrees."""
    line = belts.straight_line(world, tmp_path, 3.0, 0.3, 3.0 * math.tan(math.radians(degrees)))
    rig = ride(belts, line, blocks.block((0.2, 0.2, 0.1), friction=0.2), 11.0)
    assert told(rig) == kinds
    assert [news.kind for news in rig.news] == ([] if kinds else ["clear", "end"])
    if kinds:
        assert "a slope of 13.0 degrees pulls with 0.22 of its weight, friction holds 0.19" in rig.incidents[0].cause


@pytest.mark.parametrize(("length", "kinds"), [(0.6, ["jammed"]), (0.3, [])])
def test_a_long_part_jams_between_the_guides_of_a_corner(belts, blocks, world, tmp_path, length, kinds):
    """Inside 330 mm between guides, a part 200 mm wide rounds the corner with 300 mm, and not with 600 mm."""
    rig = ride(belts, belts.corner_line(world, tmp_path, 0.3), blocks.block((length, 0.2, 0.15)), 12.0)
    assert told(rig) == kinds
    if kinds:
        assert rig.incidents[0].cause == "a guide beside the belt holds it"


@pytest.mark.parametrize(("size", "falls"), [(0.025, True), (0.08, False)])
def test_a_gap_between_belts_swallows_small_parts(belts, blocks, world, tmp_path, size, falls):
    """Rollers of 20 mm radius leave 40 mm between two belts: a part is carried over where half of it is longer."""
    part = blocks.block((size, size, 0.6 * size), friction=0.4)
    with belts.Rig(belts.transfer_line(world, tmp_path, 0.3), [part]) as rig:
        rig.put("A", "box")
        rig.run(18.0, belts.passing(rig))
        last = rig.news[-1]
        assert (last.belt, last.kind) == ("B", "lost" if falls else "end")
        assert ("fell" in told(rig)) is falls
        if falls:
            assert rig.incidents[-1].cause == "through a gap in the belt's way" and rig.incidents[-1].subjects == ("B",)
        else:
            assert not rig.incidents


@pytest.mark.parametrize(("y", "kinds"), [(1.0, ["jammed", "pushed", "slipped"]), (1.5, [])])
def test_a_thing_that_stands_in_the_way_is_named(belts, blocks, world, tmp_path, y, kinds):
    """A post that was put on the belt, and one beside it."""
    line = belts.straight_line(world, tmp_path, 3.0, 0.3)
    with belts.Rig(line, [blocks.block()]) as rig:
        post = [[2.5, y + 0.09, 0.85], [2.6, y + 0.09, 0.85], [2.5, y + 0.15, 0.85], [2.6, y + 0.15, 0.85]]
        corners = blocks.np.array(post)
        rig.world.fix("post", [blocks.np.vstack([corners, corners + (0, 0, 0.3)])])
        rig.put("belt", "box")
        rig.run(11.0)
        assert set(told(rig)) <= set(kinds) and bool(rig.incidents) is bool(kinds)
        for incident in rig.incidents:
            assert incident.subjects == ("post", "belt")


@pytest.mark.parametrize(("aside", "pushed"), [(0.035, True), (0.01, False)])
def test_a_wedge_that_leads_a_part_aside(belts, blocks, world, tmp_path, aside, pushed):
    """A tool finds a part that is 10 mm beside its line, not one that is 35 mm."""
    line = belts.straight_line(world, tmp_path, 3.0, 0.3)
    with belts.Rig(line, [blocks.block((0.3, 0.2, 0.1), friction=0.15)]) as rig:
        edge = 1.1 - aside
        flat = [[1.8, 1.16], [2.6, edge], [3.2, edge], [3.2, 1.2], [1.8, 1.2]]
        corners = blocks.np.array([[*at, 0.91] for at in flat])
        rig.world.fix("wedge", [blocks.np.vstack([corners, corners + (0, 0, 0.15)])])
        rig.put("belt", "box")
        rig.run(11.0)
        found = [incident for incident in rig.incidents if incident.kind == "pushed"]
        assert bool(found) is pushed
        if pushed:
            assert found[0].subjects == ("wedge", "belt") and found[0].cause == "wedge pushed it"


@pytest.mark.parametrize(("turned", "misplaced"), [(0.25, True), (0.1, False)])
def test_a_part_turned_too_far_is_not_put_straight_for_the_arm(belts, blocks, world, tmp_path, turned, misplaced):
    """Jaws make a part straight that is turned by 10 degrees at most: 0.17 rad."""
    infeed = belts.load_model("infeed_station")
    start = belts.stand(world, tmp_path, "from", [belts.port("out", 0.2, 0.0, (1.0, 0.0))])
    stands = world.station("from", start, 2.4, 1.0), world.station("to", infeed, 4.0, 1.0, math.pi / 2)
    arm = world.arm("a", world.arm_model(tmp_path), 4.5, 3.0, serves=["to"])
    line = world.line(*stands, arm, belts.Belt("belt", "from", "to", 0.4, 0.3, 0.36))
    with belts.Rig(line, [blocks.block((0.12, 0.08, 0.06))]) as rig:
        belt = rig.belts["belt"]
        rig.put("belt", "box", 7)
        rig.run(1.0)
        (rider,) = belt.riders
        rider.aside_rad = turned
        wrong = belt._watch.arrived(rider, 0.0, 1.0)
        assert (wrong is not None) is misplaced
        if wrong is not None:
            assert wrong.kind == "misplaced" and wrong.amount == turned and "turned by more" in wrong.cause


@pytest.mark.parametrize(("aside", "kinds"), [(0.06, ["misplaced"]), (0.04, [])])
def test_a_part_too_far_beside_its_place_is_not_centred_for_the_arm(belts, blocks, world, tmp_path, aside, kinds):
    """Jaws beside the stop reach 50 mm; the belt, 290 mm between its guides, is far wider than the part."""
    infeed = belts.load_model("infeed_station")
    start = belts.stand(world, tmp_path, "from", [belts.port("out", 0.2, 0.0, (1.0, 0.0))])
    stands = world.station("from", start, 2.4, 1.0), world.station("to", infeed, 4.0, 1.0, math.pi / 2)
    arm = world.arm("a", world.arm_model(tmp_path), 4.5, 3.0, serves=["to"])
    line = world.line(*stands, arm, belts.Belt("belt", "from", "to", 0.4, 0.3, 0.36))
    with belts.Rig(line, [blocks.block((0.12, 0.08, 0.06))]) as rig:
        part = rig.world.parts.take(rig.line.products["box"], 7)
        part.clamp((2.6, 1.0 + aside, 0.9), (0.0, 0.0, math.sin(0.04), math.cos(0.04)))
        rig.belts["belt"].enter(part, 0.0)
        rig.run(6.0)
        assert told(rig) == kinds
        ((x, y, _),) = line.stations["to"].pose.apply([infeed.port_for("out", "arm").at_m])
        off = math.dist(part.pose()[0][:2], (x, y))
        assert off == pytest.approx(rig.first("end").aside_m, abs=2e-3)
        assert off > 0.055 if kinds else off < 1e-3 and abs(rig.first("end").turned_rad) < 1e-6
        if kinds:
            assert "farther beside its place than jaws reach" in rig.incidents[0].cause
