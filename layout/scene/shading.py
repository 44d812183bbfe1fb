"""From the engine's raw picture to one that shows to people: contact shadows, fine edges, a plain background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layout.model.pose import Array
from layout.scene.cameras import Camera

BACKGROUND = np.array([0.965, 0.970, 0.976])
OCCLUSION_RADIUS_M = 0.35
"""How far around a point things keep ambient light away from it: about the size of a gap between machine parts."""
OCCLUSION_STRENGTH = 0.75
EDGE_STRENGTH = 0.42


@dataclass(frozen=True, eq=False)
class Shot:
    """A raw picture: colour (h, w, 3) uint8, distance along the view (h, w) (m), body id (h, w), -1 where none."""

    colour: NDArray[np.uint8]
    depth_m: Array
    body: NDArray[np.int64]


def develop(shot: Shot, camera: Camera, fine: int) -> NDArray[np.uint8]:
    """(h / fine, w / fine, 3) uint8: the picture for people."""
    seen = shot.body >= 0
    points, normals = _surface(shot.depth_m, camera)
    light = 1.0 - OCCLUSION_STRENGTH * _occlusion(points, normals, seen, camera)
    ink = EDGE_STRENGTH * _edges(points, normals, shot.body, fine)
    colour = shot.colour.astype(float) / 255.0
    colour = colour * (light * (1.0 - ink))[:, :, None]
    colour = np.where(seen[:, :, None], colour, BACKGROUND)
    h, w = colour.shape[0] // fine, colour.shape[1] // fine
    small = colour[: h * fine, : w * fine].reshape(h, fine, w, fine, 3).mean(axis=(1, 3))
    out: NDArray[np.uint8] = np.clip(np.round(small * 255), 0, 255).astype(np.uint8)
    return out


def _surface(depth_m: Array, camera: Camera) -> tuple[Array, Array]:
    """Points (h, w, 3) in camera axes (right, up, forward; m) and unit normals towards the camera."""
    h, w = depth_m.shape
    half = np.tan(camera.fov_rad / 2)
    x = ((np.arange(w) + 0.5) / w * 2 - 1) * half * w / h
    y = (1 - (np.arange(h) + 0.5) / h * 2) * half
    points = np.stack([x[None, :] * depth_m, y[:, None] * depth_m, depth_m], axis=-1)
    # of the two differences at each pixel take the smaller: across an edge the other one is wild
    across = _smaller(np.diff(points, axis=1, append=points[:, -1:]), np.diff(points, axis=1, prepend=points[:, :1]))
    down = _smaller(np.diff(points, axis=0, append=points[-1:]), np.diff(points, axis=0, prepend=points[:1]))
    normals = np.cross(across, down)
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    normals *= np.where(np.sum(normals * points, axis=2, keepdims=True) > 0, -1.0, 1.0)
    return points, normals


def _smaller(a: Array, b: Array) -> Array:
    za, zb = np.abs(a[:, :, 2]), np.abs(b[:, :, 2])
    nothing_a, nothing_b = ~a.any(axis=2), ~b.any(axis=2)
    take_a = (za <= zb) & ~nothing_a | nothing_b
    return np.where(take_a[:, :, None], a, b)


def _occlusion(points: Array, normals: Array, seen: NDArray[np.bool_], camera: Camera) -> Array:
    """(h, w) float from 0 to 1: how much of the sky above each point is hidden by what is near (screen space)."""
    from scipy.ndimage import uniform_filter, zoom

    step = 2  # half resolution is enough for something this soft
    p, n, ok = points[::step, ::step], normals[::step, ::step], seen[::step, ::step]
    h, w = ok.shape
    pixel_m = 2 * np.tan(camera.fov_rad / 2) * np.where(ok, p[:, :, 2], np.inf).min(initial=1e6) / h
    reach = max(int(OCCLUSION_RADIUS_M / pixel_m), 2)
    rng = np.random.default_rng(0)
    total = np.zeros((h, w))
    count = 28
    for k in range(count):
        angle = 2 * np.pi * (k * 0.61803398875 + 0.1 * rng.random())
        radius = reach * np.sqrt((k + 0.5) / count)
        dx, dy = round(radius * np.cos(angle)), round(radius * np.sin(angle))
        other, there = _shifted(p, dx, dy), _shifted(ok, dx, dy)
        gap = other - p
        far = np.linalg.norm(gap, axis=2)
        rise = np.sum(gap * n, axis=2) / np.maximum(far, 1e-6) - 0.12
        near = np.clip(1.0 - (far / (2.0 * OCCLUSION_RADIUS_M)) ** 2, 0.0, 1.0)
        total += np.where(there, np.clip(rise, 0.0, 1.0) * near, 0.0)
    soft = uniform_filter(total / count, size=5)
    grown = zoom(soft, step, order=1)[: seen.shape[0], : seen.shape[1]]
    out = np.zeros(seen.shape)
    out[: grown.shape[0], : grown.shape[1]] = grown
    return np.clip(out * 1.6, 0.0, 1.0)


def _edges(points: Array, normals: Array, body: NDArray[np.int64], fine: int) -> Array:
    """(h, w) float from 0 to 1: pixels on the border of a body, or where its surface folds or steps."""
    from scipy.ndimage import maximum_filter

    ink = np.zeros(body.shape)
    for axis in (0, 1):
        first = [slice(None)] * 2
        second = [slice(None)] * 2
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        a, b = tuple(first), tuple(second)
        fold = 1.0 - np.sum(normals[a] * normals[b], axis=2)
        step = np.abs(np.sum((points[b] - points[a]) * normals[a], axis=2))
        jump = np.abs(points[b][:, :, 2] - points[a][:, :, 2]) / np.minimum(points[a][:, :, 2], points[b][:, :, 2])
        strength = np.maximum(np.clip((fold - 0.25) / 0.5, 0, 0.55), np.where((step > 0.03) & (jump > 0.002), 1.0, 0.0))
        strength = np.where((body[a] < 0) & (body[b] < 0), 0.0, strength)
        ink[a] = np.maximum(ink[a], strength)
    return maximum_filter(ink, size=fine) if fine > 2 else ink


def _shifted(values: NDArray[Any], dx: int, dy: int) -> NDArray[Any]:
    """values (h, w, ...) read at (row + dy, column + dx), borders repeated."""
    h, w = values.shape[:2]
    rows = np.clip(np.arange(h) + dy, 0, h - 1)
    columns = np.clip(np.arange(w) + dx, 0, w - 1)
    return values[rows][:, columns]
