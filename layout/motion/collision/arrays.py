"""What the kernels are given: an arm's moving pieces, and the standing pieces around it, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array


class Bodies(NamedTuple):
    """The kernels' view of a mover. n pieces, dof joints.

    links, slides : the chain's (see `kinematics.Chain`)
    points, start : (m, 3) corners in the frame of the joint that moves them, row range of each piece (n + 1,)
    frame : (n,) number of joints that move a piece (0: it stands)
    round_m, centre, radius : (n,), (n, 3), (n,) rounding and bounding sphere (rounding included)
    kind : (n,) `mover.ARM`, TOOL or PART
    low : (n,) bool, whether the piece may come near the floor
    way : (n, dof) greatest distance (m) of any of its points from the axis of each joint that moves it; 1 where that
        is prismatic
    pairs : (p, 2) pieces that must not touch one another, the one nearer to the base first
    """

    links: Array
    slides: NDArray[np.bool_]
    points: Array
    start: NDArray[np.int64]
    frame: NDArray[np.int64]
    round_m: Array
    centre: Array
    radius: Array
    kind: NDArray[np.int64]
    low: NDArray[np.bool_]
    way: Array
    pairs: NDArray[np.int64]


class Things(NamedTuple):
    """The kernels' view of surroundings: n pieces in g groups; a group's pieces follow one another.

    points, start, round_m : (m, 3), (n + 1,), (n,) corners in the arm's base frame, row ranges, roundings
    box : (n, 6) bounding boxes (rounding included) in the group's turned frame: low corner, high corner
    middle : (n, 3) a point inside each piece
    group : (g + 1,) row ranges of the groups' pieces
    group_box : (g, 8) bounding box of the whole group in its frame, cosine and sine of the frame's yaw
    thing, when : (g,) number of the thing (0 is the floor), and when it counts (`shapes.ALWAYS` ...)
    """

    points: Array
    start: NDArray[np.int64]
    round_m: Array
    box: Array
    middle: Array
    group: NDArray[np.int64]
    group_box: Array
    thing: NDArray[np.int64]
    when: NDArray[np.int64]


def _nothing() -> Things:
    none, start = np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    rows = np.empty((0, 3))
    return Things(rows, start, np.empty(0), np.empty((0, 6)), rows, start, np.empty((0, 8)), none, none)


NOTHING = _nothing()
"""Surroundings without anything, not even a floor."""
