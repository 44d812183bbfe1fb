import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layout.model.pose import Pose

metres = st.floats(-50, 50)
angles = st.floats(-2 * math.pi, 2 * math.pi)


@given(metres, metres, angles, metres, metres)
def test_matrix_and_apply_agree(x, y, yaw, px, py):
    pose = Pose(x, y, yaw)
    by_matrix = pose.matrix() @ [px, py, 1.5, 1.0]
    assert np.allclose(pose.apply([[px, py, 1.5]])[0], by_matrix[:3], atol=1e-9)


@given(metres, metres, angles, metres, metres)
def test_inverse_brings_back(x, y, yaw, px, py):
    there = Pose(x, y, yaw).apply([[px, py]])[0]
    back = np.linalg.inv(Pose(x, y, yaw).matrix()) @ [*there, 0.0, 1.0]
    assert np.allclose(back[:2], [px, py], atol=1e-9)


def test_quarter_turns_are_exact():
    turned = Pose(0, 0, 3 * math.pi / 2).apply([[1.0, 2.0]])[0]
    assert turned.tolist() == [2.0, -1.0]
