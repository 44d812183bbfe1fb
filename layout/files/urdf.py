"""Robot chains from URDF files: the driven joints from a base link to a tip link."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError, Problem
from layout.files.urdf_tree import Edge, Tree, near, read_tree
from layout.model.library import Joint

Matrix = tuple[tuple[float, ...], ...]

LIMITS = ("lower", "upper", "speed", "acceleration", "jerk")
"""Keys that an override may set, in rad (m where prismatic) and seconds."""

CONTINUOUS_RANGE_RAD = 2 * math.pi
"""A continuous joint gets this range to either side: cables and hoses end somewhere."""

ACCELERATION_PER_SPEED = 2.5
"""URDF has no acceleration: without an override a joint reaches its top speed in 0.4 s ..."""

JERK_PER_ACCELERATION = 5.0
"""... and its top acceleration in 0.2 s: what heavy six-axis arms are commonly programmed with."""


def read_chain(
    urdf: Path, base: str, tip: str, overrides: Mapping[str, Mapping[str, float]] | None = None
) -> tuple[tuple[Joint, ...], Matrix]:
    """The driven joints from link `base` to link `tip`, and the (4, 4) transform from the last one to `tip`.

    Fixed links are folded into each joint's `origin` (4, 4), which leads from the joint before (or from `base`).
    Where `base` is not the file's root, the chain starts at `base`; what lies above it is left out.

    overrides : joint name -> lower, upper (rad, m), speed (rad/s, m/s), acceleration (/s^2), jerk (/s^3); they replace
        what the URDF says. The caller converts degrees and millimetres.

    Continuous joints get +-2 pi. Accelerations and jerks that nobody gives follow from the speed
    (`ACCELERATION_PER_SPEED`, `JERK_PER_ACCELERATION`). Meshes are not loaded.

    Raises AssetError, with all findings at once, when the file is missing or broken or no tree, a link is not there, no
    path leads from base to tip, a joint has no limits, no speed or an axis of length 0, is of a kind that no arm has
    (floating, planar, mimic), a link's inertia is none, or an override names a joint or a limit that is not there.
    """
    tree = read_tree(urdf)
    problems = tree.faults()
    missing = [
        Problem(f"the URDF has no link named {name!r}", where, name, near(name, tree.links), str(urdf))
        for where, name in (("base", base), ("tip", tip))
        if name not in tree.links
    ]
    if missing or any("loop" in problem.what for problem in problems):
        raise AssetError([*missing, *problems])
    joints: list[Joint] = []
    origin = np.eye(4)
    try:
        path = _path(tree, base, tip)
    except AssetError as trouble:
        raise AssetError(problems or trouble.problems) from None  # a broken file leads nowhere because it is broken
    for element in path:
        origin = origin @ element.origin
        if element.type == "fixed":
            continue
        joint, found = driven_joint(element, origin, (overrides or {}).get(element.name, {}), str(urdf))
        problems += found
        if joint:
            joints.append(joint)
        origin = np.eye(4)
    driven = [element.name for element in path if element.type != "fixed"]
    problems += [
        Problem("this joint does not drive the arm", f"joints.{name}", name, near(name, driven), str(urdf))
        for name in overrides or {}
        if name not in driven
    ]
    if not driven:
        what = f"no driven joint between {base!r} and {tip!r}"
        problems.append(Problem(what, "tip", tip, "name the link that carries the tool", str(urdf)))
    if problems:
        raise AssetError(problems)
    return tuple(joints), _frozen(origin)


def _path(tree: Tree, base: str, tip: str) -> list[Edge]:
    """The joints from base to tip, in order."""
    path: list[Edge] = []
    link = tip
    while link != base:
        if link not in tree.above:
            what = f"no joints lead from {base!r} to {tip!r}"
            hint = f"the chain above the tip ends at {link!r}; use it as base, or another tip"
            raise AssetError(Problem(what, "tip", tip, hint, str(tree.file)))
        path.append(tree.above[link])
        link = tree.above[link].parent
    return path[::-1]


def driven_joint(
    element: Edge, origin: NDArray[np.float64], given: Mapping[str, float], file: str
) -> tuple[Joint | None, list[Problem]]:
    """One driven joint, or what is wrong with it. origin : (4, 4) from the joint before; given : overrides (SI)."""
    where = f"joints.{element.name}"
    if not element.driven:
        hint = "only revolute, continuous and prismatic joints drive an arm"
        return None, [Problem("an arm cannot have a joint of this type", where, str(element.type), hint, file)]
    if element.mimic:
        hint = "give the tip a link before it, or make the joint fixed"
        return None, [Problem("the joint mimics another one", where, element.mimic, hint, file)]
    problems = [
        Problem("an override has no such key", f"{where}.{key}", key, f"use one of {', '.join(LIMITS)}", file)
        for key in given
        if key not in LIMITS
    ]
    ends: dict[str, float | None] = {"lower": element.lower, "upper": element.upper}
    if element.type == "continuous":
        ends = {"lower": -CONTINUOUS_RANGE_RAD, "upper": CONTINUOUS_RANGE_RAD}
    elif element.lower is not None or element.upper is not None:
        ends = {key: value or 0.0 for key, value in ends.items()}  # the standard's default for either end is 0
    lower, upper = (given.get(key, ends[key]) for key in ("lower", "upper"))
    speed = given.get("speed", element.speed)
    if lower is None or upper is None:
        hint = "give it a <limit lower= upper= velocity=>, or override the range in model.yaml"
        problems.append(Problem("the joint has no limits", where, "", hint, file))
    elif not (math.isfinite(lower) and math.isfinite(upper) and lower < upper):
        problems.append(Problem("the joint has no range", where, f"{lower} to {upper}", "lower < upper", file))
    if speed is None or not (math.isfinite(speed) and speed > 0):
        hint = "give it a velocity limit above 0, or override `speed` in model.yaml"
        problems.append(Problem("the joint has no speed", where, "" if speed is None else str(speed), hint, file))
        return None, problems
    acceleration = given.get("acceleration", ACCELERATION_PER_SPEED * speed)
    jerk = given.get("jerk", JERK_PER_ACCELERATION * acceleration)
    for name, value in (("acceleration", acceleration), ("jerk", jerk)):
        if not (math.isfinite(value) and value > 0):
            problems.append(Problem(f"the joint's {name} must be above 0", f"{where}.{name}", str(value), "", file))
    length = math.hypot(*element.axis)
    if not math.isfinite(length) or length < 1e-9:
        hint = "give it an <axis xyz=>"
        problems.append(Problem("the joint's axis has no length", where, str(list(element.axis)), hint, file))
    if problems or lower is None or upper is None:
        return None, problems
    x, y, z = (float(value) / length for value in element.axis)
    return Joint(
        name=element.name,
        lower=float(lower),
        upper=float(upper),
        speed=float(speed),
        acceleration=float(acceleration),
        jerk=float(jerk),
        origin=_frozen(origin),
        axis=(x, y, z),
        prismatic=element.type == "prismatic",
    ), []


def _frozen(matrix: NDArray[np.float64]) -> Matrix:
    return tuple(tuple(float(value) for value in row) for row in matrix)
