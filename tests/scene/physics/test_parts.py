from __future__ import annotations

import math

import numpy as np
import pytest

from layout.scene.physics.masses import spread
from layout.scene.physics.world import GRAVITY_M_S2, World
from layout.scene.solids import box_vertices

QUARTER = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))


def test_a_box_has_the_moments_of_inertia_of_the_textbook():
    found = spread([box_vertices((0.0, 0.0, 0.0), (0.3, 0.2, 0.1))], 6.0)
    assert found.centre_m == pytest.approx([0.15, 0.1, 0.05])
    assert found.moments == pytest.approx([6 / 12 * (0.2**2 + 0.1**2), 6 / 12 * (0.3**2 + 0.1**2), 6 / 12 * 0.13])


def test_pieces_add_up_to_the_body_that_they_fill():
    halves = [box_vertices((0.0, 0.0, 0.0), (0.1, 0.2, 0.1)), box_vertices((0.1, 0.0, 0.0), (0.3, 0.2, 0.1))]
    whole = spread([box_vertices((0.0, 0.0, 0.0), (0.3, 0.2, 0.1))], 6.0)
    found = spread(halves, 6.0)
    assert found.centre_m == pytest.approx(whole.centre_m)
    assert found.moments == pytest.approx(whole.moments)


def test_the_moments_do_not_hang_on_how_a_body_is_turned():
    c, s = math.cos(0.4), math.sin(0.4)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    points = box_vertices((-0.1, -0.2, 0.0), (0.2, 0.1, 0.1))
    plain, turned = spread([points], 2.0), spread([points @ turn.T], 2.0)
    assert np.sort(turned.moments) == pytest.approx(np.sort(plain.moments))
    assert turned.axes @ np.diag(turned.moments) @ turned.axes.T == pytest.approx(
        turn @ np.diag(plain.moments) @ turn.T, abs=1e-9
    )


def test_a_free_part_falls_as_galileo_says_and_a_clamped_one_stays(blocks):
    with World() as world:
        falling, held = (world.parts.take(blocks.block()) for _ in range(2))
        falling.free((0.0, 0.0, 5.0))
        held.clamp((1.0, 0.0, 5.0), QUARTER)
        for _ in range(120):
            world.step()
        assert world.now_s == pytest.approx(0.5)
        # steps of the engine are semi-implicit: more than g t^2 / 2 by g t h / 2
        assert falling.pose()[0][2] == pytest.approx(5.0 - GRAVITY_M_S2 * (0.5**2 + 0.5 / 240) / 2, abs=1e-6)
        assert falling.velocity()[0][2] == pytest.approx(-GRAVITY_M_S2 * 0.5)
        at, turn = held.pose()
        assert at == pytest.approx((1.0, 0.0, 5.0), abs=1e-9)
        assert turn == pytest.approx(QUARTER, abs=1e-6)


def test_a_free_part_spins_on_about_a_principal_axis(blocks):
    """Nothing brakes it in the air."""
    with World() as world:
        part = world.parts.take(blocks.block())
        part.free((0.0, 0.0, 9.0), spin=(0.0, 0.0, 2.0), speed=(1.0, 0.0, 0.0))
        for _ in range(240):
            world.step()
        (vx, _, _), spin = part.velocity()
        assert spin == pytest.approx((0.0, 0.0, 2.0), abs=1e-6) and vx == pytest.approx(1.0, abs=1e-6)


def test_the_pose_is_the_models_frame_whatever_its_axes(blocks):
    """A bent part, whose principal axes are not its model's."""
    pieces = [box_vertices((0.0, 0.0, 0.0), (0.2, 0.04, 0.04)), box_vertices((0.0, 0.0, 0.0), (0.04, 0.04, 0.16))]
    with World() as world:
        part = world.parts.take(blocks.product("hook", pieces, 1.0, 0.4))
        assert part.form.low_m == pytest.approx([0, 0, 0]) and part.form.high_m == pytest.approx([0.2, 0.04, 0.16])
        part.clamp((0.5, 0.2, 0.1), QUARTER)
        world.step()
        at, turn = part.pose()
        assert at == pytest.approx((0.5, 0.2, 0.1), abs=1e-6)
        assert turn == pytest.approx(QUARTER, abs=1e-6)


def test_a_part_rests_on_the_floor_at_its_own_height(blocks, world):
    pieces = [box_vertices((-0.1, -0.1, 0.0), (0.1, 0.1, 0.05)), box_vertices((-0.05, -0.1, 0.0), (0.05, 0.1, 0.12))]
    with World() as here:
        here.build(world.line())
        parts = [here.parts.take(p) for p in (blocks.block(), blocks.product("step", pieces, 1.0, 0.4))]
        for number, part in enumerate(parts):
            part.free((1.0 + number, 1.0, 0.002))
        for _ in range(240):
            here.step()
        for number, part in enumerate(parts):
            assert part.pose()[0] == pytest.approx((1.0 + number, 1.0, 0.0), abs=3e-4)


def test_a_stored_part_is_in_nobodys_way_and_is_used_again(blocks):
    with World() as world:
        box = blocks.block()
        first = world.parts.take(box, 7)
        first.clamp((0.0, 0.0, 1.0))
        world.parts.give_back(first)
        again, other = world.parts.take(box, 8), world.parts.take(box, 9)
        assert again is first and other is not first and (again.number, other.number) == (8, 9)
        other.free((0.0, 0.0, 2.0))
        for _ in range(240):
            world.step()
        assert other.pose()[0][2] < 0.0  # nothing caught it
        assert world.parts.made == 2
        assert world.name_of(first.body) == "box"


def test_the_same_steps_end_in_the_same_bits(blocks):
    def thrown() -> list[tuple[float, ...]]:
        with World() as world:
            world.fix("table", [box_vertices((-1.0, -1.0, 0.9), (1.0, 1.0, 1.0))])
            parts = [world.parts.take(blocks.block()) for _ in range(6)]
            for number, part in enumerate(parts):
                part.free((0.02 * number, 0.0, 1.0 + 0.2 * number), spin=(0.1, 0.2, 0.3))
            for _ in range(360):
                world.step()
            return [(*part.centre()[0], *part.centre()[1]) for part in parts]

    assert thrown() == thrown()
