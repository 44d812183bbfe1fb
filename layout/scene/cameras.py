"""Where a picture is taken from: cameras that frame a whole line, and what they do to points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from layout.model.line import Arm, Line, Station
from layout.model.pose import Array

ISOMETRIC_AZIMUTH_RAD = math.radians(-58.0)
"""Seen from in front of the floor's lower edge and a little from the right: fronts (-y) show."""
ISOMETRIC_ELEVATION_RAD = math.radians(46.0)
FOV_RAD = math.radians(26.0)
"""A long lens: parallel edges of machines stay nearly parallel, as on a drawing."""
LIGHT_LEFT_RAD = math.radians(-65.0)
LIGHT_ELEVATION_RAD = math.radians(54.0)
"""The light comes over the viewer's left shoulder, wherever the viewer stands."""
MARGIN = 1.05
"""Distance more than what just holds everything."""

SEE_OVER_M = 1.2
HIDES_FOR_M = 4.0
WORTH_OF_AN_ARM = 6.0
OUT_AT_HOME = 0.6
"""How far an arm at home reaches out at most, as a share of its reach."""
FLOOR_AROUND_M = 0.8
"""Floor shown around what stands there."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: eye and target (m, world), what is up in the picture, vertical field of view (rad)."""

    eye_m: tuple[float, float, float]
    target_m: tuple[float, float, float]
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    fov_rad: float = FOV_RAD
    near_m: float = 0.1
    far_m: float = 200.0

    def axes(self) -> Array:
        """(3, 3) float, rows: right, up and forward of the picture in the world."""
        forward = np.subtract(self.target_m, self.eye_m)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, np.asarray(self.up, dtype=float))
        right = right / np.linalg.norm(right)
        return np.array([right, np.cross(right, forward), forward])

    def view(self) -> Array:
        """(4, 4) float, world to camera (OpenGL: x right, y up, looking along -z)."""
        right, up, forward = self.axes()
        matrix = np.eye(4)
        matrix[:3, :3] = [right, up, -forward]
        matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(self.eye_m, dtype=float)
        return matrix

    def projection(self, aspect: float) -> Array:
        """(4, 4) float, camera to clip space, for a picture `aspect` times as wide as high."""
        f = 1.0 / math.tan(self.fov_rad / 2)
        near, far = self.near_m, self.far_m
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1] = f / aspect, f
        matrix[2, 2], matrix[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
        matrix[3, 2] = -1.0
        return matrix

    def pixels(self, points: object, width: int, height: int) -> Array:
        """points : (n, 3) float (m) -> (n, 2) float, column and row in a picture of that size."""
        given = np.atleast_2d(np.asarray(points, dtype=float))
        clip = np.column_stack([given, np.ones(len(given))]) @ (self.projection(width / height) @ self.view()).T
        plane = clip[:, :2] / clip[:, 3:]
        return np.column_stack([(plane[:, 0] + 1) / 2 * width, (1 - plane[:, 1]) / 2 * height])


def frame(
    line: Line,
    aspect: float = 1.6,
    azimuth_rad: float | None = None,
    elevation_rad: float = ISOMETRIC_ELEVATION_RAD,
    fov_rad: float = FOV_RAD,
) -> Camera:
    """A camera that holds the whole line and its floor, seen from a direction (rad; azimuth from +x).

    Without an azimuth it is the isometric view that shows most: see `best_azimuth_rad`.
    """
    if azimuth_rad is None:
        azimuth_rad = best_azimuth_rad(line)
    if elevation_rad > math.radians(89.0):
        direction, up = np.array([0.0, 0.0, 1.0]), (0.0, 1.0, 0.0)
    else:
        flat = math.cos(elevation_rad)
        direction = np.array([flat * math.cos(azimuth_rad), flat * math.sin(azimuth_rad), math.sin(elevation_rad)])
        up = (0.0, 0.0, 1.0)
    points = extent(line)
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    axes = Camera(tuple(target + direction), tuple(target), up).axes()
    tangent = np.array([math.tan(fov_rad / 2) * aspect, math.tan(fov_rad / 2)])
    distance = 1.0
    for _ in range(8):  # the centre that balances both sides depends on the distance, and the other way round
        local = (points - target) @ axes.T
        need = np.abs(local[:, :2]) / tangent - local[:, 2:]
        distance = max(float(need.max()) * MARGIN, 0.5)
        on_plane = local[:, :2] / (distance + local[:, 2:])
        shift = (on_plane.min(axis=0) + on_plane.max(axis=0)) / 2 * distance
        target = target + shift @ axes[:2]
    size = float(np.linalg.norm(np.ptp(points, axis=0)))
    eye = target + direction * distance
    near = max(distance - size, 0.05 * distance)
    return Camera(tuple(eye), tuple(target), up, fov_rad, near, distance + 2 * size)


def best_azimuth_rad(line: Line) -> float:
    """Of twelve viewpoints around the line the one that most machines face and from which the arms are seen best.

    A machine or obstacle higher than `SEE_OVER_M` hides what stands up to a few metres behind it: an arm counts most.
    """
    things = standing(line)
    if not things:
        return ISOMETRIC_AZIMUTH_RAD
    at = np.array([(thing.pose.x_m, thing.pose.y_m) for thing in things])
    working = [station for station in line.stations.values() if station.operations]
    fronts = np.array([station.pose.turn([(0.0, -1.0)])[0] for station in working]).reshape(-1, 2)
    high = [s.pose.apply(s.model.footprint_m) for s in line.stations.values() if s.model.height_m > SEE_OVER_M]
    high += [np.asarray(a.polygon, dtype=float) for a in line.floor.obstacles.values() if a.height_m > SEE_OVER_M]
    weight = np.array([WORTH_OF_AN_ARM if thing.name in line.arms else 1.0 for thing in things])
    choices = [ISOMETRIC_AZIMUTH_RAD + k * math.pi / 6 for k in range(12)]
    shown = []
    for azimuth in choices:
        towards = np.array([math.cos(azimuth), math.sin(azimuth)])
        hidden = sum(float(weight @ _behind(at, outline, towards)) for outline in high)
        shown.append(round(float((fronts @ towards).sum()) - hidden, 6))
    return choices[int(np.argmax(shown))]


def _behind(at: Array, outline: Array, towards: Array) -> Array:
    """(n,) 0 to 1: how far an outline (k, 2) covers points (n, 2) (m) from a camera in that direction."""
    aside = np.array([-towards[1], towards[0]])
    along = outline.mean(axis=0) @ towards - at @ towards
    off = np.abs(outline.mean(axis=0) @ aside - at @ aside)
    half = np.ptp(outline @ aside) / 2 + 0.3
    close = np.clip(1.0 - along / HIDES_FOR_M, 0.0, 1.0)
    return np.where((along > 0.3) & (off < half), close, 0.0)


def plan_view(line: Line, aspect: float = 1.6) -> Camera:
    """Straight down, +y up in the picture, from so far that heights hardly lean."""
    return frame(line, aspect, elevation_rad=math.pi / 2, fov_rad=math.radians(8.0))


def light(camera: Camera) -> tuple[float, float, float]:
    """Direction towards the light for a picture from a camera."""
    right = camera.axes()[0]
    azimuth = math.atan2(right[1], right[0]) - math.pi / 2 + LIGHT_LEFT_RAD
    flat = math.cos(LIGHT_ELEVATION_RAD)
    return flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(LIGHT_ELEVATION_RAD)


def sun(line: Line, camera: Camera) -> Camera:
    """A camera where the light is, far away, that holds the whole line: what it does not see lies in shadow."""
    x, y, z = light(camera)
    return frame(line, 1.0, math.atan2(y, x), math.asin(z), math.radians(6.0))


def standing(line: Line) -> tuple[Station | Arm, ...]:
    """Everything of a line that is a model on the floor: stations, then arms."""
    return (*line.stations.values(), *line.arms.values())


def name_at(thing: Station | Arm) -> tuple[float, float, float]:
    """Where a thing's name is tied to (m): the middle of its top; of an arm, which is seldom stretched up, lower."""
    high = thing.model.height_m
    if isinstance(thing, Arm):
        high = min(high, thing.model.mount_m + 0.55 * thing.model.reach_m)
    return thing.pose.x_m, thing.pose.y_m, high


def extent(line: Line) -> Array:
    """(n, 3) float (m): upper corners of all that stands there, columns, fences, exits, and the floor around them."""
    found = []
    for body in standing(line):
        flat = body.pose.apply(body.model.footprint_m)
        found.append(np.column_stack([flat, np.full(len(flat), body.model.height_m)]))
    for arm in line.arms.values():  # at home it reaches out over its foot, to a side that only its kinematics know
        around = arm.pose.apply(OUT_AT_HOME * arm.model.reach_m * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]]))
        found.append(np.column_stack([around, np.full(len(around), arm.model.height_m)]))
    for area in line.floor.obstacles.values():
        found.append(np.column_stack([area.polygon, np.full(len(area.polygon), area.height_m)]))
    for fence in line.floor.fences.values():
        found.append(np.column_stack([fence.line, np.full(len(fence.line), fence.height_m)]))
    for detection in line.safety.detection.values():
        found.append(np.column_stack([detection.line, np.ones(len(detection.line))]))
    for at in (line.floor.walkways.exits if line.floor.walkways else {}).values():
        found.append(np.array([[*at, 0.0]]))
    floor = np.asarray(line.floor.boundary, dtype=float)
    if not found:
        return np.column_stack([floor, np.zeros(len(floor))])
    things = np.vstack(found)
    low = np.maximum(things[:, :2].min(axis=0) - FLOOR_AROUND_M, floor.min(axis=0))
    most = np.minimum(things[:, :2].max(axis=0) + FLOOR_AROUND_M, floor.max(axis=0))
    corners = [[low[0], low[1], 0.0], [most[0], low[1], 0.0], [most[0], most[1], 0.0], [low[0], most[1], 0.0]]
    return np.vstack([things, corners])
