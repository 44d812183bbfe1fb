"""Move times against the profile worked out by hand, against ruckig, and as samples of the motion itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.motion import clocks
from layout.motion.kinematics import chain_of
from layout.motion.profile import linear_time, move_time, sample

LIMIT = st.floats(0.1, 20.0)


@pytest.mark.parametrize(
    ("distance", "speed", "acceleration", "jerk", "time"),
    [
        # speed and acceleration are reached: d / v + v / a + a / j
        (3.0, 1.0, 2.0, 10.0, 3.0 + 0.5 + 0.2),
        # acceleration is reached, speed not: up = tj / 2 + sqrt(tj^2 / 4 + d / a), twice; tj = 0.2
        (0.4, 1.0, 2.0, 10.0, 2 * (0.1 + np.sqrt(0.01 + 0.2))),
        # neither is reached: d = 2 j t^3 in four equal pieces; 2 * 10 * 0.1^3 = 0.02
        (0.02, 1.0, 2.0, 10.0, 0.4),
        # speed is reached before the acceleration: up = 2 sqrt(v / j)
        (2.0, 1.0, 100.0, 4.0, 2.0 + 1.0),
        # a jerk so high that the trapezoid is left: d / v + v / a
        (3.0, 1.0, 2.0, 1e12, 3.5),
        (0.0, 1.0, 2.0, 10.0, 0.0),
    ],
)
def test_seven_segments_by_hand(distance, speed, acceleration, jerk, time) -> None:
    for sign in (1, -1):
        assert clocks.rest_to_rest(sign * distance, speed, acceleration, jerk) == pytest.approx(time, rel=1e-9)


@settings(deadline=None)
@given(d=st.floats(1e-4, 10.0), v=LIMIT, a=LIMIT, j=LIMIT)
def test_farthest_is_the_inverse(d, v, a, j) -> None:
    assert clocks.farthest(clocks.rest_to_rest(d, v, a, j), v, a, j) == pytest.approx(d, rel=1e-9)


@settings(deadline=None)
@given(data=st.data())
def test_ruckig_takes_the_same_time(data) -> None:
    """The closed form is ruckig's time-optimal synchronised move, for any limits."""
    from ruckig import InputParameter, Result, Ruckig, Synchronization, Trajectory

    n = 6
    limits = np.array([data.draw(st.lists(st.floats(0.2, 20.0), min_size=n, max_size=n)) for _ in range(3)])
    angles = st.lists(st.floats(-6, 6).map(lambda q: round(q, 6)), min_size=n, max_size=n)  # ruckig: 1e-24 rad is none
    first, second = (np.array(data.draw(angles)) for _ in range(2))
    wanted = InputParameter(n)
    wanted.current_position, wanted.target_position = first, second
    wanted.max_velocity, wanted.max_acceleration, wanted.max_jerk = limits
    for together in (Synchronization.Time, Synchronization.Phase):
        wanted.synchronization = together
        trajectory = Trajectory(n)
        assert Ruckig(n).calculate(wanted, trajectory) in (Result.Working, Result.Finished)
        assert clocks.slowest(first, second, limits) == pytest.approx(trajectory.duration, abs=1e-9)


def test_samples_keep_the_limits_and_end_in_time(six) -> None:
    chain = chain_of(six)
    rng = np.random.default_rng(4)
    for speed in (1.0, 0.5):
        for _ in range(5):
            first, second = rng.uniform(chain.lower, chain.upper, (2, 6))
            time = move_time(six, first, second, speed)
            clock = np.linspace(0, time, 2001)
            path = sample(six, first, second, speed, clock)
            assert np.array_equal(path[-1], second) and np.allclose(path[0], first)
            step = clock[1]
            rates = np.diff(path, axis=0) / step
            changes = np.diff(rates, axis=0) / step
            assert (abs(rates).max(axis=0) <= speed * chain.limits[0] * (1 + 1e-6)).all()
            assert (abs(changes).max(axis=0) <= speed**2 * chain.limits[1] * (1 + 1e-3)).all()
            fast = (abs(rates).max(axis=0) / (speed * chain.limits[0])).max()
            hard = (abs(changes).max(axis=0) / (speed**2 * chain.limits[1])).max()
            assert max(fast, hard) == pytest.approx(1.0, abs=1e-2)  # some joint goes as hard as it may


def test_proportional_limits_make_a_straight_way(six) -> None:
    """Where all joints accelerate alike, they go in proportion: the way whose length `plan` measures."""
    first, second = np.array(six.home), np.array(six.home) + [1.0, 0.4, -0.5, 0.3, -0.8, 1.5]
    path = sample(six, first, second, 1.0, np.linspace(0, move_time(six, first, second), 20)) - first
    share = path[:, :1] / (second - first)[0]
    assert np.allclose(path, share * (second - first), atol=1e-9)


def test_before_and_after_the_arm_stands_still(six) -> None:
    there = np.array(six.home) + 0.1
    assert np.allclose(sample(six, six.home, there, 1.0, [-1.0, 99.0]), [six.home, there])
    assert np.allclose(sample(six, six.home, six.home, 1.0, [0.0, 1.0]), [six.home, six.home])
    assert sample(six, six.home, there, 1.0, []).shape == (0, 6)


@settings(deadline=None)
@given(share=st.floats(0.05, 1.0))
def test_speed_stretches_time(six, share) -> None:
    there = np.array(six.home) + [1.0, 0.4, -0.5, 0.3, -0.8, 1.5]
    assert move_time(six, six.home, there, share) == pytest.approx(move_time(six, six.home, there) / share)
    assert linear_time(0.4, share) == pytest.approx(linear_time(0.4) / share)


def test_linear_moves_by_hand() -> None:
    """2 m/s, 5 m/s^2, 50 m/s^3: 2 m in 1 + 0.4 + 0.1 s; on 0.5 m the speed is not reached.

    There t = 0.1 + sqrt(0.1^2 + 4 x 0.5 / 5) s: acceleration ramps of 0.1 s at both ends of both halves.
    """
    assert linear_time(2.0) == pytest.approx(1.5)
    assert linear_time(0.5) == pytest.approx(0.1 + np.sqrt(0.01 + 0.4))


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_no_speed_is_refused(six, speed) -> None:
    with pytest.raises(LayoutError, match="speed must be above 0"):
        move_time(six, six.home, six.home, speed)
