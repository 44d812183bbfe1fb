"""From the engine's raw picture to one that shows to people: shadows, fine edges, a plain background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.scene.cameras import Camera

Image = NDArray[np.float32]

BACKGROUND = np.array([0.965, 0.970, 0.976], dtype=np.float32)
OCCLUSION_RADIUS_M = 0.35
"""How far around a point things keep ambient light away from it: about the size of a gap between machine parts."""
OCCLUSION_STRENGTH = 0.8
OCCLUSION_SAMPLES = 24
SHADOW_STRENGTH = 0.34
SHADOW_BIAS_M = 0.03
SHADOW_SOFT_PX = 3
EDGE_STRENGTH = 0.42


@dataclass(frozen=True, eq=False)
class Shot:
    """A raw picture: colour (h, w, 3) uint8, distance along the view (h, w) (m), body id (h, w), -1 where none."""

    colour: NDArray[np.uint8]
    depth_m: Image
    body: NDArray[np.int64]


def develop(shot: Shot, camera: Camera, fine: int, sun: tuple[Shot, Camera] | None = None) -> NDArray[np.uint8]:
    """(h / fine, w / fine, 3) uint8: the picture for people. `sun`: what the light sees, for shadows."""
    h, w = shot.body.shape[0] // fine * fine, shot.body.shape[1] // fine * fine
    colour, depth, body = shot.colour[:h, :w], shot.depth_m[:h, :w], shot.body[:h, :w]
    points = _points(depth, camera)
    normals = _normals(points)
    seen = body >= 0
    coarse = tuple(p[::fine, ::fine] for p in points), tuple(n[::fine, ::fine] for n in normals)
    light = 1.0 - OCCLUSION_STRENGTH * _occlusion(*coarse, seen[::fine, ::fine], camera)
    if sun is not None:
        light *= 1.0 - SHADOW_STRENGTH * _shadow(*coarse, camera, *sun)
    ink = 1.0 - EDGE_STRENGTH * _edges(points, normals, body)
    ink *= np.repeat(np.repeat(light, fine, axis=0), fine, axis=1)
    out = np.empty((h // fine, w // fine, 3), dtype=np.uint8)
    for channel in range(3):
        shaded = np.where(seen, colour[:, :, channel] * ink, BACKGROUND[channel] * 255)
        small = shaded.reshape(h // fine, fine, w // fine, fine).mean(axis=(1, 3))
        out[:, :, channel] = np.clip(np.round(small), 0, 255)
    return out


def _points(depth_m: Image, camera: Camera) -> tuple[Image, Image, Image]:
    """What each pixel shows, in camera axes (right, up, forward), three (h, w) arrays (m)."""
    h, w = depth_m.shape
    half = np.tan(camera.fov_rad / 2)
    x = (((np.arange(w) + 0.5) / w * 2 - 1) * half * w / h).astype(np.float32)
    y = ((1 - (np.arange(h) + 0.5) / h * 2) * half).astype(np.float32)
    return x[None, :] * depth_m, y[:, None] * depth_m, depth_m


def _normals(points: tuple[Image, Image, Image]) -> tuple[Image, Image, Image]:
    """Unit normals towards the camera, three (h, w) arrays in camera axes."""
    ax, ay, az = _slopes(points, 1)
    bx, by, bz = _slopes(points, 0)
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    facing = nx * points[0] + ny * points[1] + nz * points[2]
    scale = np.where(facing > 0, -1.0, 1.0) / np.maximum(length, 1e-12)
    return nx * scale, ny * scale, nz * scale


def _slopes(points: tuple[Image, Image, Image], axis: int) -> tuple[Image, ...]:
    """Change of the point along an axis: of the steps before and after a pixel the smaller, as edges make one wild."""
    ahead = [np.diff(p, axis=axis) for p in points]
    depth = np.abs(ahead[2])
    pad = [(0, 0), (0, 0)]
    pad[axis] = (0, 1)
    after = np.pad(depth, pad, constant_values=np.inf)
    pad[axis] = (1, 0)
    before = np.pad(depth, pad, constant_values=np.inf)
    take_after = after <= before
    found = []
    for change in ahead:
        pad[axis] = (0, 1)
        one = np.pad(change, pad)
        pad[axis] = (1, 0)
        found.append(np.where(take_after, one, np.pad(change, pad)))
    return tuple(found)


def _occlusion(points: tuple[Image, ...], normals: tuple[Image, ...], seen: NDArray[np.bool_], camera: Camera) -> Image:
    """(h, w) float from 0 to 1: how much of the sky above each point is hidden by what is near (screen space)."""
    from scipy.ndimage import uniform_filter

    h, w = seen.shape
    if not seen.any():
        return np.zeros((h, w), dtype=np.float32)
    pixel_m = 2 * np.tan(camera.fov_rad / 2) * float(np.median(points[2][seen])) / h
    reach = max(OCCLUSION_RADIUS_M / pixel_m, 2.0)
    total = np.zeros((h, w), dtype=np.float32)
    for k in range(OCCLUSION_SAMPLES):  # a sunflower of points around each pixel
        angle, radius = 2 * np.pi * 0.61803398875 * k, reach * np.sqrt((k + 0.5) / OCCLUSION_SAMPLES)
        dx, dy = round(radius * np.cos(angle)), round(radius * np.sin(angle))
        gx, gy, gz = (_shifted(p, dx, dy) - p for p in points)
        far2 = gx * gx + gy * gy + gz * gz
        rise = (gx * normals[0] + gy * normals[1] + gz * normals[2]) / np.sqrt(np.maximum(far2, 1e-9)) - 0.12
        near = np.clip(1.0 - far2 / (2.0 * OCCLUSION_RADIUS_M) ** 2, 0.0, 1.0)
        total += np.where(_shifted(seen, dx, dy), np.clip(rise, 0.0, 1.0) * near, 0.0)
    out: Image = np.clip(uniform_filter(total, size=5) * (1.6 / OCCLUSION_SAMPLES), 0.0, 1.0)
    return out


def _shadow(points: tuple[Image, ...], normals: tuple[Image, ...], camera: Camera, sun: Shot, light: Camera) -> Image:
    """(h, w) float from 0 to 1: the share of the light that something keeps from each point."""
    axes = camera.axes().astype(np.float32)
    eye = np.asarray(camera.eye_m, dtype=np.float32)
    world = [sum(axes[k, i] * (points[k] + SHADOW_BIAS_M * normals[k]) for k in range(3)) + eye[i] for i in range(3)]
    rows = light.axes().astype(np.float32)
    local = [sum(rows[i, k] * (world[k] - np.float32(light.eye_m[k])) for k in range(3)) for i in range(3)]
    size = sun.depth_m.shape[0]
    half = np.tan(light.fov_rad / 2)
    u = np.round((local[0] / local[2] / half + 1) / 2 * size - 0.5).astype(np.int64)
    v = np.round((1 - local[1] / local[2] / half) / 2 * size - 0.5).astype(np.int64)
    depth = np.where(sun.body >= 0, sun.depth_m, np.float32(np.inf))
    hidden = np.zeros(u.shape, dtype=np.float32)
    steps = range(-SHADOW_SOFT_PX, SHADOW_SOFT_PX + 1, 2)
    for du in steps:
        for dv in steps:
            there = depth[np.clip(v + dv, 0, size - 1), np.clip(u + du, 0, size - 1)]
            hidden += there < local[2] - SHADOW_BIAS_M
    out: Image = (hidden / len(steps) ** 2).astype(np.float32)
    return out


def _edges(points: tuple[Image, ...], normals: tuple[Image, ...], body: NDArray[np.int64]) -> Image:
    """(h, w) float from 0 to 1: pixels on the border of a body, or where its surface folds or steps."""
    ink = np.zeros(body.shape, dtype=np.float32)
    for axis in (0, 1):
        a: Any = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        b: Any = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        fold = 1.0 - sum(n[a] * n[b] for n in normals)
        step = np.abs(sum((p[b] - p[a]) * n[a] for p, n in zip(points, normals, strict=True)))
        jump = np.abs(points[2][b] - points[2][a]) / np.minimum(points[2][a], points[2][b])
        strength = np.maximum(np.clip((fold - 0.25) / 0.5, 0, 0.55), (step > 0.03) & (jump > 0.002))
        strength[(body[a] < 0) & (body[b] < 0)] = 0.0
        ink[a] = np.maximum(ink[a], strength)
    return ink


def _shifted(values: NDArray[Any], dx: int, dy: int) -> NDArray[Any]:
    """values (h, w) read at (row + dy, column + dx), borders repeated."""
    h, w = values.shape
    rows = np.clip(np.arange(h) + dy, 0, h - 1)
    columns = np.clip(np.arange(w) + dx, 0, w - 1)
    return values[rows][:, columns]
