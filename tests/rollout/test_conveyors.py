from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from layout.rollout.tracks import Turn, track

G = 9.81


def test_transit_is_length_over_speed_and_the_time_to_reach_it(belts, blocks, world, tmp_path):
    """t = L / v + v / (2 mu g): friction brings the part to speed over v^2 / (2 mu g), in v / (mu g)."""
    line = belts.straight_line(world, tmp_path, 4.0, 0.5)
    with belts.Rig(line, [blocks.block(friction=0.3)]) as rig:
        part = rig.put("belt", "box")
        assert part.pose()[0][2] == pytest.approx(belts.TOP_M, abs=1e-3)  # laid down, not dropped
        rig.run(10.08)
        assert rig.first("end").since_s == pytest.approx(4.0 / 0.5 + 0.5 / (2 * 0.3 * G), abs=0.02)
        assert rig.first("clear").since_s == pytest.approx(0.45 / 0.5 + 0.5 / (2 * 0.3 * G), abs=0.02)
        assert not rig.incidents


def test_eight_boxes_queue_against_the_stop(belts, blocks, world, tmp_path):
    line = belts.straight_line(world, tmp_path, 4.0, 0.3)
    with belts.Rig(line, [blocks.block()]) as rig:
        count = iter(range(1, 8))

        def feed(news) -> None:
            if news.kind == "clear" and (number := next(count, None)):
                rig.put("belt", "box", number)

        rig.put("belt", "box")
        rig.run(30.0, feed)
        riders = rig.belts["belt"].riders
        assert [rider.part.number for rider in riders] == list(range(8))
        fronts = [rider.front_m for rider in riders]
        assert [a - b for a, b in pairwise(fronts)] == pytest.approx([0.3] * 7, abs=1e-3)
        assert max(rider.high_m for rider in riders) < 1e-3  # none climbs
        assert all(rider.asleep for rider in riders)
        assert not rig.incidents


@pytest.mark.parametrize("rests", [True, False])
def test_a_queue_moves_up_as_soon_as_its_first_part_is_gone(belts, blocks, world, tmp_path, rests):
    """Whether parts in the queue are held still or not, the next is at the end after its length over the speed."""
    line = belts.straight_line(world, tmp_path, 2.0, 0.3)
    with belts.Rig(line, [blocks.block()], rests=rests) as rig:
        rig.put("belt", "box")
        rig.run(1.6)
        rig.put("belt", "box", 1)
        rig.run(12.0)
        first = rig.belts["belt"].take(rig.world.now_s)
        assert first.number == 0
        first.clamp()
        rig.run(13.0)  # the station has it, where it is: nothing moves
        assert rig.belts["belt"].riders[0].front_m == pytest.approx(
            rig.belts["belt"].course.track.length_m - 0.3, abs=2e-3
        )
        rig.world.parts.give_back(first)
        rig.run(15.0)
        last = [news for news in rig.news if news.kind == "end"][1]
        assert last.time_s - 13.0 == pytest.approx(0.3 / 0.3 + 0.3 / (2 * 0.45 * G), abs=0.03)
        assert not rig.incidents


def test_parts_round_a_corner_and_stand_square(belts, blocks, world, tmp_path):
    line = belts.corner_line(world, tmp_path, 0.3)
    with belts.Rig(line, [blocks.block()]) as rig:
        rig.put("belt", "box")
        rig.run(15.0)
        news = rig.first("end")
        assert rig.belts["belt"].course.track.length_m == pytest.approx(3.0 + 0.3 - 0.3 + 0.375 * 0.4 * math.pi / 2)
        assert news.since_s == pytest.approx((3.0 - 0.3 + 0.375 * 0.4 * math.pi / 2) / 0.3 + 0.034, abs=0.1)
        assert news.aside_m < 0.005 and abs(news.turned_rad) < math.radians(1.0)
        # the next one follows so late that it need not wait before the table
        assert rig.first("clear").since_s == pytest.approx(rig.times["belt"].spacing_s + 0.034, abs=0.03)
        assert not rig.incidents


@pytest.mark.parametrize("rise", [0.3, -0.3])
def test_a_belt_climbs_to_a_corner_and_on(belts, blocks, world, tmp_path, rise):
    """Level on the table and for 0.2 m before and behind it; the rest, 1.1 m each, shares the climb: 7.8 degrees."""
    line = belts.corner_line(world, tmp_path, 0.4, rise_m=rise)
    with belts.Rig(line, [blocks.block()]) as rig:
        pieces = rig.belts["belt"].course.track.pieces
        k = next(k for k, piece in enumerate(pieces) if isinstance(piece, Turn))
        before, table, after = pieces[k - 1 : k + 2]
        assert before.end_m[2] == table.pivot_m[2] == after.start_m[2] == pytest.approx(0.9 + rise / 2, abs=0.02)
        rig.put("belt", "box")
        rig.run(9.0)
        news = rig.first("end")
        assert news.aside_m < 0.005 and abs(news.turned_rad) < math.radians(1.0)
        assert not rig.incidents


def test_the_way_on_a_table_is_smooth_and_found_again():
    """Straight on, round, straight off: 0.05 + 0.15 pi / 2 + 0.05 m on a belt of 0.4 m."""
    way = track([(0.0, 0.0), (1.0, 0.0), (1.0, -2.0)], 0.9, 0.9, 0.4)
    assert way.tables == (pytest.approx((0.8, 0.9 + 0.075 * math.pi)),)
    for k in range(60):
        (x, y, _), heading = way.place(0.05 * k)
        c, s = math.cos(heading), math.sin(heading)
        for left in (0.0, 0.1, -0.1):
            along, aside, _ = way.find(x - left * s, y + left * c)
            assert (along, aside) == pytest.approx((0.05 * k, left), abs=1e-9)


@pytest.mark.parametrize("size", [(0.3, 0.3, 0.2), (0.2, 0.3, 0.1)])
def test_cartons_queue_round_a_corner_and_go_on(belts, blocks, world, tmp_path, size):
    """Of 300 mm between guides 330 mm apart: one at a time is on the corner's table, those behind wait before it."""
    line = belts.corner_line(world, tmp_path, 0.5, leg_m=0.8)
    with belts.Rig(line, [blocks.block(size)]) as rig:
        belt, made, ends = rig.belts["belt"], iter(range(1, 8)), []
        ((begin, end),) = belt.course.track.tables

        def feed(news) -> None:
            if news.kind == "clear" and (number := next(made, None)):
                rig.put("belt", "box", number)
            if news.kind == "end":
                ends.append(news.part.number)
                assert abs(news.turned_rad) < math.radians(1.0) and news.aside_m < 0.02
                if news.part.number != 1:
                    rig.world.parts.give_back(belt.take(news.time_s))
            assert sum(rider.front_m > begin + 0.01 and rider.rear_m < end for rider in belt.riders) <= 1

        rig.put("belt", "box")
        rig.run(11.0, feed)
        assert ends == [0, 1] and all(rider.asleep for rider in belt.riders)
        assert any(rider.waits for rider in belt.riders)
        belt.take(rig.world.now_s).store()
        rig.run(20.0, feed)
        assert ends == list(range(8)) and not rig.incidents


def test_the_same_run_ends_in_the_same_bits(belts, blocks, world, tmp_path):
    def ends() -> list[tuple[float, ...]]:
        line = belts.corner_line(world, tmp_path, 0.4)
        with belts.Rig(line, [blocks.block()]) as rig:
            for number in range(3):
                rig.put("belt", "box", number)
                rig.run(1.5 * (number + 1))
            rig.run(9.0)
            return [(*rider.part.centre()[0], *rider.part.centre()[1]) for rider in rig.belts["belt"].riders]

    assert ends() == ends()


@pytest.mark.parametrize("model", ["conveyor_belt", "conveyor_corner"])
def test_parts_pass_from_belt_to_belt_without_stopping(belts, blocks, world, tmp_path, model):
    """Over a conveyor of the library whose surface belongs to the belt behind it: straight on, or round its corner."""
    line = belts.transfer_line(world, tmp_path, 0.3, model)
    with belts.Rig(line, [blocks.block()]) as rig:
        first, second = rig.belts["A"], rig.belts["B"]
        assert first.course.onward and second.course.here and second.course.replaced["mid"]
        count = iter((1, 2))
        passed = belts.passing(rig)

        def feed(news) -> None:
            if (news.belt, news.kind) == ("A", "clear") and (number := next(count, None)):
                rig.put("A", "box", number)
            passed(news)

        rig.put("A", "box")
        rig.run(24.0, feed)
        ends = [news for news in rig.news if (news.belt, news.kind) == ("A", "end")]
        assert [news.part.number for news in ends] == [0, 1, 2]
        # rear edge at the start to front edge at the port, at rest at first
        assert ends[0].since_s == pytest.approx((1.65 - 0.3) / 0.3 + 0.034, abs=0.03)
        news = next(news for news in rig.news if (news.belt, news.kind) == ("B", "end"))
        way = second.course.track.length_m - 0.3 / 2 + 0.15
        assert news.since_s == pytest.approx(way / 0.3, abs=0.1)  # it goes on at full speed
        assert [rider.part.number for rider in second.riders] == [0, 1, 2]
        assert not rig.incidents


def test_parts_follow_one_another_where_ports_touch(belts, blocks, world, tmp_path):
    """Where there is no belt between two ports a part is through at once, and the next one follows after its pitch."""
    line = belts.straight_line(world, tmp_path, 0.0, 0.3)
    with belts.Rig(line, [blocks.block()]) as rig:
        belt = rig.belts["belt"]
        for number in range(3):
            began_s = rig.world.now_s
            rig.put("belt", "box", number)
            rig.run(began_s + 2.0, lambda news: news.kind == "end" and belt.take(news.time_s).store())
            clear = [news for news in rig.news if news.kind == "clear"]
            assert len(clear) == number + 1
            assert clear[-1].time_s - began_s == pytest.approx(0.45 / 0.3, abs=0.01)
        assert not belt.busy and not rig.incidents


@pytest.mark.parametrize("speeds", [(0.2, 0.5), (0.5, 0.2)])
def test_a_part_slips_on_one_of_two_belts_as_it_passes(belts, blocks, world, tmp_path, speeds):
    """A faster belt behind pulls parts apart, a slower one brakes them: neither is an incident."""
    line = belts.transfer_line(world, tmp_path, 0.3)
    made = {name: replace(line.belts[name], speed_m_s=speed) for name, speed in zip("AB", speeds, strict=True)}
    with belts.Rig(replace(line, belts=made), [blocks.block()]) as rig:
        rig.put("A", "box")
        rig.run(2.65 / speeds[0] + 3.2 / speeds[1], belts.passing(rig))
        assert (rig.news[-1].belt, rig.news[-1].kind) == ("B", "end")
        assert not rig.incidents


def test_a_part_waits_at_the_end_until_the_next_belt_is_clear(belts, blocks, world, tmp_path):
    line = belts.transfer_line(world, tmp_path, 0.3)
    with belts.Rig(line, [blocks.block()]) as rig:
        first, second = rig.belts["A"], rig.belts["B"]
        rig.put("A", "box", 0)
        rig.run(1.6)
        rig.put("A", "box", 1)
        rig.run(9.0)
        assert [rider.asleep for rider in first.riders] == [True, True]
        second.enter(first.take(rig.world.now_s), rig.world.now_s)
        rig.run(10.08)
        assert second.riders[0].front_m == pytest.approx(0.3, abs=0.03)
        # the next went along with it, and is held at the line
        assert first.riders[0].front_m == pytest.approx(1.65, abs=3e-3)
        rig.run(12.0)
        assert [rider.part.number for rider in second.riders] == [0]
        assert first.riders[0].front_m == pytest.approx(1.65, abs=3e-3)
        assert [news.part.number for news in rig.news if (news.belt, news.kind) == ("A", "end")] == [0, 1]
        assert not rig.incidents


def test_a_belt_reaches_into_stations_to_where_arms_put_parts_down_and_pick_them(belts, blocks, world, tmp_path):
    """From an outfeed of the library to an infeed: grasp points start and stop at the arms' ports."""
    places = [
        ("from", belts.load_model("outfeed_station"), 1.0, 1.0),
        ("to", belts.load_model("infeed_station"), 5.0, 1.0),
    ]
    stands = [
        world.station(n, m, x, y, yaw) for (n, m, x, y), yaw in zip(places, (-math.pi / 2, math.pi / 2), strict=True)
    ]
    arms = [world.arm("a", world.arm_model(tmp_path), 1.0, 3.0, serves=["from", "to"])]
    line = world.line(*stands, *arms, belts.Belt("belt", "from", "to", 0.3, 0.3, 0.36))
    with belts.Rig(line, [blocks.block((0.16, 0.13, 0.08))]) as rig:
        belt = rig.belts["belt"]
        assert belt.course.replaced.keys() == {"from", "to"}
        part = rig.world.parts.take(rig.line.products["box"], 3)
        (start,), (end,) = (
            s.pose.apply([s.model.port_for(way, "arm").at_m]) for s, way in zip(stands, ("in", "out"), strict=True)
        )
        part.clamp((start[0], start[1], 0.9))  # as the arm left it
        belt.enter(part, 0.0)
        assert part.state == "free" and part.pose()[0] == pytest.approx((start[0], start[1], 0.9), abs=1e-6)
        rig.run(20.0)
        news = rig.first("end")
        assert news.since_s == pytest.approx((end[0] - start[0]) / 0.3 + 0.034, abs=0.05)
        assert part.pose()[0] == pytest.approx((end[0], end[1], 0.9), abs=2e-3)
        # the next one stops short of it: no tool touches that
        rig.put("belt", "box", 4)
        rig.run(40.0)
        first, second = belt.riders
        assert first.rear_m - second.front_m == pytest.approx(0.03, abs=0.3 / 30 + 1e-3)
        assert second.asleep and not rig.incidents


def test_bodies_are_used_again_over_many_parts(belts, blocks, world, tmp_path):
    line = belts.straight_line(world, tmp_path, 1.2, 1.0)
    with belts.Rig(line, [blocks.block()]) as rig:

        def each(news) -> None:
            if news.kind == "end":
                rig.world.parts.give_back(rig.belts["belt"].take(news.time_s))
            else:
                rig.put("belt", "box", news.part.number + 1)

        rig.put("belt", "box")
        rig.run(60.0, each)
        assert len([news for news in rig.news if news.kind == "end"]) > 100
        assert rig.world.parts.made <= 4
        assert not rig.incidents


@pytest.mark.parametrize(
    ("quarters", "length", "short"), [(0, 0.16, 0), (1, 0.16, 0), (2, 0.16, 0), (3, 0.2, 0), (0, 0.2, 0.019)]
)
def test_a_part_rides_as_it_was_put_down(belts, blocks, world, tmp_path, quarters, length, short):
    """Whichever way it was turned, the stop stands so that its grasp point ends where the arm picks.

    short : the infeed's own stop bar is 81 mm behind the pick: half of a part of 200 mm is longer
    """
    places = [("from", "outfeed_station", 1.0, -math.pi / 2), ("to", "infeed_station", 5.0, math.pi / 2)]
    stands = [world.station(name, belts.load_model(model), x, 1.0, yaw) for name, model, x, yaw in places]
    arm = world.arm("a", world.arm_model(tmp_path), 1.0, 3.0, serves=["from", "to"])
    line = world.line(*stands, arm, belts.Belt("belt", "from", "to", 0.3, 0.3, 0.36))
    with belts.Rig(line, [blocks.block((length, 0.13, 0.08))]) as rig:
        part = rig.world.parts.take(rig.line.products["box"], 3)
        (start,), (end,) = (
            station.pose.apply([station.model.port_for(way, "arm").at_m])
            for station, way in zip(stands, ("in", "out"), strict=True)
        )
        half = quarters * math.pi / 4
        part.clamp((start[0], start[1], 0.9), (0.0, 0.0, math.sin(half), math.cos(half)))
        rig.belts["belt"].enter(part, 0.0)
        rig.run(20.0)
        assert rig.first("end").aside_m == pytest.approx(short, abs=2e-3) and abs(rig.first("end").turned_rad) < 0.02
        assert part.pose()[0] == pytest.approx((end[0] - short, end[1], 0.9), abs=2e-3)
        assert not rig.incidents
