"""What machines cover from above, held to the very hulls that clearances are measured between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from layout.feasibility import Ground
from layout.feasibility.clearance import clearance, plan_gaps
from layout.feasibility.plan_shapes import plan_hulls, shape_of
from layout.files.scenario import load_scenario
from layout.model.library import MachineModel
from layout.model.line import Layout, Line
from layout.model.pose import Pose
from layout.model.realise import realise
from layout.scene import Scene, meshes

FLAGSHIP = Path(__file__).parents[2] / "experiments" / "machining_cell.yaml"


@pytest.fixture(scope="module")
def line() -> Line:
    scenario = load_scenario(FLAGSHIP)
    return realise(scenario, Layout(scenario.start or {}))


def test_they_cover_footprint_and_hulls_and_little_more(line: Line) -> None:
    grown = []
    for thing in (*line.stations.values(), *line.arms.values()):
        found, pieces = plan_hulls(thing.model), shape_of(thing.model).pieces
        covered = shapely.union_all([shapely.Polygon(ring) for ring in found])
        footprint = shapely.Polygon(thing.model.footprint_m)
        outlines = [footprint]
        if isinstance(thing.model, MachineModel):
            hulls = meshes.hull_pieces(thing.model.hulls)
            outlines += [shapely.convex_hull(shapely.multipoints(piece[:, :2])) for piece in hulls]
        everything = shapely.union_all(outlines)
        assert covered.buffer(2e-6).covers(everything)
        assert len(found) == len(pieces)
        grown.append(any(one is not two for one, two in zip(found, pieces, strict=True)))
        assert covered.within(everything.convex_hull.buffer(0.04)) if grown[-1] else covered.equals(footprint)
    assert any(grown) and not all(grown)


@pytest.mark.parametrize("turn", [0.0, 0.5, 2.0])
def test_gaps_kept_from_above_are_kept_between_hulls(line: Line, turn: float) -> None:
    """The vision station's feet and the washer's panel stand beyond their footprints."""
    two = {name: line.stations[name] for name in ("inspection", "washer")}
    alone = replace(line, stations=two, arms={}, belts={}, fleets={})

    def at(far_m: float) -> Line:
        poses = {"inspection": Pose(6.0, 6.0, 0.0), "washer": Pose(6.0 + far_m, 6.0, turn)}
        return replace(alone, stations={name: replace(two[name], pose=pose) for name, pose in poses.items()})

    near, far = 0.5, 5.0
    while far - near > 1e-6:
        middle = (near + far) / 2
        near, far = (middle, far) if plan_gaps(Ground(at(middle))) else (near, middle)
    with Scene() as scene:
        assert not clearance(Ground(at(far)), scene)
        assert clearance(Ground(at(far - 0.3)), scene)
    footprints = [shapely.Polygon(s.pose.apply(s.model.footprint_m)) for s in at(far).stations.values()]
    assert shapely.distance(*footprints) > line.floor.clearance_m + 0.005
