"""Room for machines among others, held to what shapely says of the same shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from layout.feasibility import convex
from layout.model.floor import Floor
from layout.search.room import emptied, first_free, room_for, stand
from layout.search.shapes import Fixed, Shape, moved

GAP_M = 0.15
BELT = (0, 1, 0.6, 0.0, -0.6, 0.0, 0.2)  # from the first thing's right side to the left of the second, 0.4 m wide
FLOOR = Floor.model_validate(
    {
        "boundary": [[0, 0], [6, 0], [6, 3], [3, 3], [3, 5], [0, 5]],
        "obstacles": {"pillar": {"polygon": [[2.8, 1.4], [3.2, 1.4], [3.0, 1.8]]}},
        "keep_clear": {"way": {"polygon": [[0, 4.2], [3, 4.2], [3, 4.5], [0, 4.5]]}},
        "fences": {"guard": {"line": [[4.5, 3], [4.5, 2.2]]}},
    }
)


def made(outline: list[list[float]], *service: list[list[float]], over: float = 0.0) -> Shape:
    """over : how far (m) its first piece's hull sticks out all round."""
    ring = np.array(outline, dtype=float)
    bodies = convex.pieces_of(ring)
    hulls = bodies
    if over:
        grown = shapely.Polygon(bodies[0]).buffer(over, join_style="mitre")
        hulls = (*convex.pieces_of(shapely.get_coordinates(grown)[:-1]), *bodies[1:])
    return Shape(ring, bodies, tuple(np.array(each, dtype=float) for each in service), hulls)


SHAPES = (
    made([[-0.6, -0.4], [0.6, -0.4], [0.6, 0.4], [-0.6, 0.4]], [[-0.6, -0.9], [0.6, -0.9], [0.6, -0.4], [-0.6, -0.4]]),
    made([[-0.6, -0.3], [0.5, -0.3], [0.5, 0.0], [0.0, 0.0], [0.0, 0.5], [-0.6, 0.5]], over=0.1),  # an angle
    made([[0.0, 0.4], [-0.35, -0.2], [0.35, -0.2]], [[-0.2, 0.4], [0.2, 0.4], [0.2, 1.0], [-0.2, 1.0]], over=0.05),
)


def world(rings: list[np.ndarray], pose: np.ndarray) -> shapely.Geometry:
    return shapely.union_all([shapely.Polygon(moved(ring, pose[None])[0]) for ring in rings])


def belt(one: np.ndarray, two: np.ndarray) -> shapely.Geometry:
    a, b = (moved(np.array([end]), pose[None])[0, 0] for end, pose in ((BELT[2:4], one), (BELT[4:6], two)))
    inset = 0.02 * (b - a)
    return shapely.LineString([a + inset, b - inset]).buffer(BELT[6], cap_style="flat")


def free(thing: int, pose: np.ndarray, others: dict[int, np.ndarray]) -> bool:
    floor, fixed = shapely.Polygon(FLOOR.boundary), Fixed.of(FLOOR)
    body, need = (world(list(rings), pose) for rings in (SHAPES[thing].bodies, SHAPES[thing].service))
    solid = shapely.union_all([shapely.Polygon(ring) for rule, _, ring in fixed.rings if rule != "keep_clear"])
    clear = shapely.union_all([shapely.Polygon(ring) for rule, _, ring in fixed.rings if rule == "keep_clear"])
    bodies = [world(list(SHAPES[k].bodies), at) for k, at in others.items()]
    hull, *hulls = (world(list(SHAPES[k].hulls), at) for k, at in [(thing, pose), *others.items()])
    needs = [world(list(SHAPES[k].service), at) for k, at in others.items()]
    lanes = [belt(others[0], others[1])] if {0, 1} <= set(others) else []
    own = (
        [belt(*(pose if k == thing else others[k] for k in (0, 1)))] if {0, 1} <= {thing, *others} and thing < 2 else []
    )
    return (
        floor.covers(shapely.union(body, need).buffer(-1e-7))
        and not any(each.buffer(-1e-7).intersects(solid) for each in (body, need) if not each.is_empty)
        and not body.intersects(clear)
        and all(hull.distance(other) >= GAP_M for other in hulls)
        and all(body.distance(other) >= GAP_M for other in lanes)
        and not any(body.intersects(other) for other in needs)
        and not any(need.intersects(other) for other in (*bodies, *lanes))
        and not any(lane.intersects(other) for lane in own for other in bodies)
    )


@pytest.mark.parametrize("thing", [0, 1, 2])
def test_first_place_with_room(thing: int) -> None:
    rng = np.random.default_rng(thing)
    room = room_for(SHAPES, Fixed.of(FLOOR), np.array([BELT], dtype=float), GAP_M)

    def drawn(n: int) -> np.ndarray:
        yaw = np.where(rng.random(n) < 0.5, rng.integers(4, size=n) * math.pi / 2, rng.uniform(0, 6, n))
        return np.column_stack([rng.uniform(0, 6, n), rng.uniform(0, 5, n), yaw])

    seen = []
    for case in range(12):
        names = [other for other in range(3) if other != thing][: case % 3]
        others = dict(zip(names, drawn(len(names)), strict=True))
        here = emptied(room)
        stand(here, np.array(names, dtype=np.int64), np.array(list(others.values())).reshape(-1, 3))
        poses = drawn(40)
        order, at, found = rng.permutation(40), 0, []
        while (at := first_free(here, thing, poses, order, at)) >= 0:
            found.append(int(order[at]))
            at += 1
        wanted = [int(row) for row in order if free(thing, poses[row], others)]
        assert found == wanted
        seen += found
    assert len(seen) > 8 and not room.stands.any()
