"""Friction, slopes and tipping against their closed forms (any textbook of mechanics: Coulomb friction), at 240 Hz and
on finer steps: the error shrinks with the step, as a semi-implicit integrator's of first order does."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from layout.files.assets import load_model
from layout.model.line import LineProduct
from layout.scene.physics.surfaces import straight, turn_along
from layout.scene.physics.world import GRAVITY_M_S2, World

RATES_HZ = (240, 480, 960)


def halves(errors: list[float]) -> bool:
    """Whether each error is at most 0.6 of the one before, at half the step."""
    return all(abs(b) <= 0.6 * abs(a) for a, b in itertools.pairwise(errors))


def slide(blocks: ModuleType, hz: int, slope_rad: float, friction: float) -> tuple[float, float]:
    """Speed (m/s) and way (m) of a block after 1 s down a slope, from rest."""
    c, s = math.cos(slope_rad), math.sin(slope_rad)
    with World(1 / hz) as world:
        straight(world, "slope", (0.0, 0.0, 1.0), (6 * c, 0.0, 1.0 + 6 * s), 0.6, 0.0)
        part = world.parts.take(blocks.block((0.2, 0.2, 0.1), friction=friction))
        at = (5 * c, 0.0, 1.0 + 5 * s)
        part.free(at, turn_along(np.array([c, 0.0, s]))[0])
        for _ in range(hz):
            world.step()
        (vx, _, vz), _ = part.velocity()
        return math.hypot(vx, vz), math.dist(part.pose()[0], at)


@pytest.mark.parametrize(("degrees", "friction"), [(30.0, 0.3), (20.0, 0.1)])
def test_a_block_slides_down_a_slope(blocks, degrees, friction):
    """v = g (sin a - mu cos a) t, s = v t / 2."""
    a = math.radians(degrees)
    speed = GRAVITY_M_S2 * (math.sin(a) - friction * math.cos(a))
    found = [slide(blocks, hz, a, friction) for hz in RATES_HZ]
    assert [v for v, _ in found] == pytest.approx([speed] * 3, rel=1e-6)
    errors = [way - speed / 2 for _, way in found]
    assert abs(errors[0]) < 0.006 and halves(errors)


@pytest.mark.parametrize(("degrees", "moves"), [(16.0, False), (17.5, True)])
def test_a_block_on_a_slope_stays_up_to_its_friction_angle(blocks, degrees, moves):
    """mu = tan a holds: 0.3 is 16.7 degrees."""
    _, way = slide(blocks, 240, math.radians(degrees), 0.3)
    assert (way > 0.02) is moves


def transit(blocks: ModuleType, hz: int, length_m: float, speed_m_s: float, friction: float) -> float:
    """Time (s) a block takes along a belt, from rest, to the step's fraction."""
    with World(1 / hz) as world:
        straight(world, "belt", (-1.0, 0.0, 1.0), (length_m + 1.0, 0.0, 1.0), 0.6, speed_m_s).run(True)
        part = world.parts.take(blocks.block((0.2, 0.2, 0.1), friction=friction))
        part.free((0.0, 0.0, 1.0))
        before = now = 0.0
        while now < length_m:
            before = now
            world.step()
            now = part.pose()[0][0]
        return world.now_s - (now - length_m) / (now - before) / hz


@pytest.mark.parametrize(("length_m", "speed_m_s", "friction"), [(2.0, 0.5, 0.4), (3.0, 1.5, 0.2)])
def test_a_belt_carries_a_block(blocks, length_m, speed_m_s, friction):
    """t = L / v + v / (2 mu g)."""
    exact = length_m / speed_m_s + speed_m_s / (2 * friction * GRAVITY_M_S2)
    errors = [transit(blocks, hz, length_m, speed_m_s, friction) - exact for hz in RATES_HZ]
    assert abs(errors[0]) < 0.003 and halves(errors)


@pytest.mark.parametrize("name", ["part_box", "part_bracket", "part_flange", "part_housing", "part_shaft"])
def test_parts_of_the_library_ride_square_and_stand_on_their_undersides(name):
    """Also those of many-cornered hulls, which the engine finds one point of contact at a time for."""
    model = load_model(name)
    with World() as world:
        straight(world, "belt", (-1.0, 0.0, 1.0), (9.0, 0.0, 1.0), 0.4, 0.3).run(True)
        part = world.parts.take(LineProduct(name, model, model.mass_kg, 1.0, (), (), ()))
        part.free((0.0, 0.0, 1.0))
        for _ in range(720):
            world.step()
        (x, y, z), (qx, qy, qz, _) = part.pose()
        assert x == pytest.approx(0.3 * 3.0 - 0.3**2 / (2 * model.friction * GRAVITY_M_S2), abs=0.003)
        assert abs(y) < 0.002 and abs(z - 1.0) < 0.0006
        assert 2 * abs(qz) < math.radians(1.0) and 2 * math.hypot(qx, qy) < math.radians(0.5)


def lean(blocks: ModuleType, hz: int, size_m: tuple[float, float, float], pull_m_s2: float) -> float:
    """How far (rad) a block leans at most on a belt that speeds up evenly for 2 s."""
    with World(1 / hz) as world:
        belt = straight(world, "belt", (-20.0, 0.0, 1.0), (20.0, 0.0, 1.0), 0.6, 0.0)
        belt.run(True)
        part = world.parts.take(blocks.block(size_m, friction=1.5))
        part.free((0.0, 0.0, 1.0))
        most = 0.0
        for step in range(2 * hz):
            belt.pace((pull_m_s2 * (step + 1) / hz, 0.0, 0.0))
            world.step()
            _, (x, y, _, _) = part.pose()
            most = max(most, math.acos(max(-1.0, min(1.0, 1 - 2 * (x * x + y * y)))))
            if most > 1.0:
                break
        return most


def limit(falls: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(11):
        middle = (low + high) / 2
        low, high = (low, middle) if falls(middle) else (middle, high)
    return (low + high) / 2


def test_a_block_tips_where_the_belt_speeds_up_faster_than_it_stands(blocks):
    """a = g b / h: the load's line of action leaves its base. Found by bisection; on finer steps ever closer."""
    exact = GRAVITY_M_S2 * 0.1 / 0.3
    found = [
        limit(lambda a, hz=hz: lean(blocks, hz, (0.1, 0.1, 0.3), a) > 1.0, 0.7 * exact, 1.3 * exact) for hz in RATES_HZ
    ]
    errors = [abs(a - exact) / exact for a in found]
    assert errors[0] < 0.02 and max(errors[1:]) < 0.002


SCRIPT = """
import sys
sys.path.insert(0, {path!r})
import blocks
from layout.files.assets import load_model
from layout.model.line import LineProduct
from layout.scene.physics.surfaces import straight
from layout.scene.physics.world import World
with World() as world:
    straight(world, "belt", (-1.0, 0.0, 1.0), (2.0, 0.0, 1.0), 0.4, 0.5).run(True)
    parts = [world.parts.take(blocks.block()) for _ in range(3)]
    for number, part in enumerate(parts):
        part.free((0.2 * number, 0.0, 1.0 + 0.2 * number))
    for _ in range(480):
        world.step()
    print([x.hex() for part in parts for pose in part.centre() for x in pose])
"""


def test_another_process_ends_in_the_same_bits():
    script = SCRIPT.format(path=str(Path(__file__).parent))
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True) for _ in "ab"]
    assert runs[0].stdout.count("0x") == 21
    assert runs[0].stdout == runs[1].stdout


def test_memory_stays_flat_as_parts_come_and_go(blocks):
    import psutil

    with World() as world:
        straight(world, "belt", (-1.0, 0.0, 1.0), (2.0, 0.0, 1.0), 0.4, 0.5).run(True)
        box = blocks.block()

        def cycle(times: int) -> int:
            for number in range(times):
                part = world.parts.take(box, number)
                part.free((0.0, 0.0, 1.0))
                world.step()
                part.clamp()
                world.step()
                world.parts.give_back(part)
            return int(psutil.Process().memory_info().rss)

        before = cycle(2000)
        assert cycle(10_000) - before < 200_000  # bytes: 20 a part; loading each anew leaks 265 kB a part
        assert world.parts.made == 1
