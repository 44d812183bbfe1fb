"""What of a floor plan concerns movement and people: rails, doors, lanes, fences, exits, light curtains, zones."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon

from layout.model.line import Arm, Line
from layout.model.pose import Array, Pose
from layout.model.results import ArmTimes, JointPath, Moves, Zone
from layout.motion.kinematics import forward
from layout.report import plan_marks
from layout.report.labels import Placer
from layout.scene.subjects import door_area, lanes, outline, reach_area

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FENCE, EXIT, CURTAIN, LANE, ZONE, DOOR, RAIL = (
    "#1f2937", "#17803d", "#b7791f", "#8b9a5b", "#7c3aed", "#5f7897", "#a8741a",
)  # fmt: skip
STYLE: dict[str, dict[str, Any]] = {
    "lane": {"facecolor": (0.65, 0.72, 0.45, 0.22), "edgecolor": LANE, "linewidth": 0.7},
    "dock": {"facecolor": (0.65, 0.72, 0.45, 0.35), "edgecolor": "#5c6b2f", "linewidth": 0.9},
    "door": {"facecolor": (0.37, 0.47, 0.59, 0.18), "edgecolor": DOOR, "linewidth": 0.8, "linestyle": (0, (1.5, 1.5))},
    "zone": {"facecolor": (0.49, 0.23, 0.93, 0.09), "edgecolor": ZONE, "linewidth": 1.1, "linestyle": "dashdot"},
    "separation": {"facecolor": (0.72, 0.47, 0.12, 0.08), "edgecolor": CURTAIN, "linewidth": 0.7, "linestyle": ":"},
}  # fmt: skip
OUTSIDE_M = 0.03
"""A door that sticks out of its machine's footprint by less is not drawn on its own."""
TOOL_ROOM_M = 0.25
"""Half the width of what a tool and the forearm behind it sweep, for the sketch of a shared zone."""


@dataclass(frozen=True)
class Kinds:
    """What the plan holds, for its legend."""

    rail: bool = False
    door: bool = False
    lane: bool = False
    fence: bool = False
    exit: bool = False
    curtain: bool = False
    zone: bool = False


def kinds(line: Line, moves: Moves | None) -> Kinds:
    """What a plan of this line shows."""
    return Kinds(
        rail=any(arm.model.rail is not None for arm in line.arms.values()),
        door=bool(doors(line)),
        lane=bool(moves and any(name in line.fleets for name in moves.fleets)),
        fence=bool(line.floor.fences),
        exit=line.floor.walkways is not None,
        curtain=bool(line.safety.detection),
        zone=bool(zones(line, moves)),
    )


def under(axes: Axes, line: Line, moves: Moves | None, placer: Placer) -> None:
    """What lies on the floor below the machines: lanes, separation distances, zones, exits."""
    for name, times in (moves.fleets if moves else {}).items():
        fleet = line.fleets.get(name)
        if fleet is None:
            continue
        area = shapely.intersection(lanes(times, fleet.model.footprint_m), Polygon(line.floor.boundary))
        plan_marks.patch(axes, area, STYLE["lane"], zorder=1.0)
        for path in (*times.paths.values(), *times.empty_paths.values()):
            axes.plot(*np.asarray(path, dtype=float).T, color=LANE, linewidth=0.8, linestyle=(0, (6, 4)), zorder=1.1)
        for dock in [*np.asarray(times.docks, dtype=float), *(times.docks_in if times.docks_in is not None else ())]:
            if not np.any(dock):  # a station without a port for vehicles
                continue
            _dock(axes, Pose(*(float(n) for n in dock)), fleet.model.footprint_m)
    floor = Polygon(line.floor.boundary)
    for detection in line.safety.detection.values():
        need_m = detection.approach_m_s * detection.stopping_s + detection.intrusion_m
        band = shapely.intersection(LineString(detection.line).buffer(need_m, cap_style="flat"), floor)
        plan_marks.patch(axes, band, STYLE["separation"], zorder=0.8)
    for _, area in zones(line, moves):
        plan_marks.patch(axes, area, STYLE["zone"], zorder=1.3)


def _dock(axes: Axes, pose: Pose, footprint_m: tuple[tuple[float, float], ...]) -> None:
    """A docked vehicle's outline, with a chevron at its nose."""
    plan_marks.patch(axes, Polygon(pose.apply(footprint_m)), STYLE["dock"], zorder=1.2)
    ahead = max(x for x, _ in footprint_m)
    aside = max(y for _, y in footprint_m)
    nose = pose.apply([(0.55 * ahead, 0.45 * aside), (0.85 * ahead, 0.0), (0.55 * ahead, -0.45 * aside)])
    axes.plot(*nose.T, color="#5c6b2f", linewidth=1.1, zorder=1.25)


def over(axes: Axes, line: Line, placer: Placer) -> None:
    """What stands up, or moves above the floor: rails, doors, fences, light curtains, exits."""
    for arm in line.arms.values():
        if arm.model.rail is not None:
            _rail(axes, arm)
    for _, area in doors(line):
        plan_marks.patch(axes, area, STYLE["door"], zorder=4.3)
    for fence in line.floor.fences.values():
        points = np.asarray(fence.line, dtype=float)
        axes.plot(*points.T, color=FENCE, linewidth=1.8, zorder=4.5, solid_capstyle="butt")
        axes.plot(*_posts(points).T, "s", color=FENCE, markersize=3.0, zorder=4.5)
        placer.avoid(LineString(points), 60)
    for detection in line.safety.detection.values():
        points = np.asarray(detection.line, dtype=float)
        axes.plot(*points.T, color=CURTAIN, linewidth=1.6, linestyle=(0, (7, 2, 1.5, 2)), zorder=4.5)
        axes.plot(*points[[0, -1]].T, "D", color=CURTAIN, markersize=3.6, zorder=4.5)
        placer.avoid(LineString(points), 60)
    for at in (line.floor.walkways.exits if line.floor.walkways else {}).values():
        axes.plot(*at, marker="s", markersize=9, color=EXIT, zorder=4.6)
        axes.plot(*at, marker=(3, 0, -90), markersize=5, color="white", zorder=4.7)
        placer.mark(Point(at).buffer(placer.ruler.points(6)))


def _posts(points: Array) -> Array:
    found = [points[:1]]
    for a, b in itertools.pairwise(points):
        count = max(1, int(np.ceil(np.hypot(*(b - a)) / 1.5)))
        found.append(a + (b - a) * np.linspace(0, 1, count + 1)[1:, None])
    return np.vstack(found)


def _rail(axes: Axes, arm: Arm) -> None:
    """Two tracks along the rail, and ticks where the carriage's middle ends."""
    assert arm.model.rail is not None
    xs = [x for x, _ in arm.model.footprint_m]
    for y in (-0.24, 0.24):
        axes.plot(*arm.pose.apply([(min(xs), y), (max(xs), y)]).T, color=RAIL, linewidth=0.8, zorder=4.1)
    half = arm.model.rail.length_m / 2
    for x in (-half, half):
        axes.plot(*arm.pose.apply([(x, -0.24), (x, 0.24)]).T, color=RAIL, linewidth=1.4, zorder=4.1)
    axes.plot(*arm.pose.apply([(-half, 0), (half, 0)]).T, color=RAIL, linewidth=0.9, linestyle=(0, (2, 2)), zorder=4.1)


def doors(line: Line) -> list[tuple[str, Any]]:
    """(station, area) of each machine whose doors come out of its footprint: what lies outside of it."""
    found = []
    for station in line.stations.values():
        way = door_area(station)
        outside = shapely.difference(way.area, outline(station))
        if way.there and shapely.buffer(outside, -OUTSIDE_M / 2).area > 0:
            found.append((station.name, outside))
    return found


def zones(line: Line, moves: Moves | None) -> list[tuple[Zone, Any]]:
    """(zone, area) of each zone that two arms share: what both of their ways through it sweep, as a sketch.

    Without the arms' paths it is the floor that both reach over.
    """
    found = []
    for zone in moves.zones if moves else ():
        if not all(name in line.arms for name in zone.arms):
            continue
        one, other = (_swept(line.arms[name], moves.arms.get(name) if moves else None, zone) for name in zone.arms)
        area = shapely.intersection(one, other)
        if area.area > 1e-4:
            found.append((zone, area))
    return found


def _swept(arm: Arm, times: ArmTimes | None, zone: Zone) -> Any:
    """The floor below an arm's ways (foot to tool) that pass through a zone."""
    ways: list[JointPath] = []
    for matrix, paths in ((zone.loaded, times.loaded), (zone.empty, times.empty)) if times else ():
        inside = matrix.get(arm.name)
        ways += [path for (i, j), path in paths.items() if inside is not None and inside[i, j]]
    if not ways:
        return reach_area(arm)
    parts = []
    for path in ways:
        picked = np.unique(np.linspace(0, len(path.angles) - 1, 15).round().astype(int))
        for angles in path.angles[picked]:
            tool = (arm.pose.matrix() @ forward(arm.model, angles))[:2, 3]
            foot = arm.pose.apply([(float(angles[0]) if arm.model.rail else 0.0, 0.0)])[0]
            parts.append(LineString([foot, tool]).buffer(TOOL_ROOM_M))
    return shapely.union_all(parts)


def names(line: Line, moves: Moves | None) -> list[tuple[str, Any, str]]:
    """(name, shape, colour) of what gets a name: fences not (the legend says), exits, light curtains, zones."""
    found: list[tuple[str, Any, str]] = []
    exits = line.floor.walkways.exits if line.floor.walkways else {}
    found += [(name, Point(at).buffer(0.15), EXIT) for name, at in exits.items()]
    found += [(name, LineString(d.line).buffer(0.05), CURTAIN) for name, d in line.safety.detection.items()]
    found += [("shared by " + " and ".join(zone.arms), area, ZONE) for zone, area in zones(line, moves)]
    found += [(name, LineString(f.line).buffer(0.05), FENCE) for name, f in line.floor.fences.items()]
    return found


def handles(shown: Kinds) -> list[Any]:
    """Legend entries."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Any] = []
    if shown.rail:
        found.append(Line2D([], [], color=RAIL, linewidth=1.2, label="rail of a robot"))
    if shown.door:
        found.append(Patch(**STYLE["door"], label="way of a door"))
    if shown.lane:
        found.append(Patch(**STYLE["lane"], label="lane of vehicles"))
        found.append(Patch(**STYLE["dock"], label="docked vehicle"))
    if shown.zone:
        found.append(Patch(**STYLE["zone"], label="shared by two robots (outline only roughly)"))
    if shown.fence:
        found.append(Line2D([], [], color=FENCE, linewidth=1.8, marker="s", markersize=3.2, label="fence"))
    if shown.curtain:
        curtain: dict[str, Any] = {"color": CURTAIN, "linewidth": 1.6, "linestyle": (0, (5, 1.5, 1, 1.5))}
        found.append(Line2D([], [], **curtain, label="people are detected"))
        found.append(Patch(**STYLE["separation"], label="separation distance"))
    if shown.exit:
        found.append(Line2D([], [], linestyle="none", marker="s", markersize=7, color=EXIT, label="exit"))
    return found
