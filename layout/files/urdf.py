"""Robot chains from URDF files: the driven joints from a base link to a tip link."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError, Problem
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

    Raises AssetError, with all findings at once, when the file is missing or broken, a link is not there, no path or
    no single path leads from base to tip, a joint has no limits, no speed or an axis of length 0, is of a kind that no
    arm has (floating, planar, mimic), or an override names a joint or a limit that is not there.
    """
    robot = _parse(urdf)
    links = [link.name for link in robot.links]
    missing = [
        Problem(f"the URDF has no link named {name!r}", where, name, _near(name, links), str(urdf))
        for where, name in (("base", base), ("tip", tip))
        if name not in links
    ]
    if missing:
        raise AssetError(missing)
    path = _path(robot.joints, base, tip, urdf)
    problems: list[Problem] = []
    joints: list[Joint] = []
    origin = np.eye(4)
    for element in path:
        if element.origin is not None and not np.isfinite(element.origin).all():
            what = f"the origin of joint {element.name!r} is no finite number"
            problems.append(Problem(what, "urdf", hint="repair its <origin xyz= rpy=>", file=str(urdf)))
            element.origin = None
        origin = origin @ (np.eye(4) if element.origin is None else np.asarray(element.origin, dtype=float))
        if element.type == "fixed":
            continue
        joint, found = _joint(element, origin, (overrides or {}).get(element.name, {}), str(urdf))
        problems += found
        if joint:
            joints.append(joint)
        origin = np.eye(4)
    driven = [element.name for element in path if element.type != "fixed"]
    problems += [
        Problem("this joint does not drive the arm", f"joints.{name}", name, _near(name, driven), str(urdf))
        for name in overrides or {}
        if name not in driven
    ]
    if not driven:
        what = f"no driven joint between {base!r} and {tip!r}"
        problems.append(Problem(what, "tip", tip, "name the link that carries the tool", str(urdf)))
    if problems:
        raise AssetError(problems)
    return tuple(joints), _frozen(origin)


def mesh_names(urdf: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Joint types by name, and the meshes named; nothing where the file is broken, which `read_chain` reports."""
    try:
        root = ElementTree.parse(urdf).getroot()
    except (ElementTree.ParseError, OSError, ValueError):
        return {}, ()
    names = dict.fromkeys(element.get("filename", "") for element in root.iter("mesh"))
    joints = {joint.get("name", ""): joint.get("type", "") for joint in root.iter("joint")}
    return joints, tuple(name for name in names if name)


def _parse(urdf: Path) -> Any:
    """The file as yourdfpy's Robot: names, frames and limits, no meshes."""
    if not urdf.is_file():
        raise AssetError(Problem("there is no such URDF file", "urdf", str(urdf), "check the path", str(urdf)))
    hint = "it must be well-formed URDF; expand xacro files first"
    try:
        root = ElementTree.parse(urdf).getroot()
    except (ElementTree.ParseError, OSError, ValueError) as error:
        raise AssetError(Problem("the URDF cannot be read as XML", "urdf", str(error), hint, str(urdf))) from None
    if root.tag != "robot":
        raise AssetError(Problem("the URDF has no <robot> at its root", "urdf", f"<{root.tag}>", hint, str(urdf)))
    import yourdfpy

    try:
        robot = yourdfpy.URDF.load(
            str(urdf), build_scene_graph=False, build_collision_scene_graph=False, load_meshes=False
        ).robot
    except Exception as error:
        text = " ".join(str(error).split())[:200] or type(error).__name__
        raise AssetError(Problem("the URDF cannot be read", "urdf", text, hint, str(urdf))) from error
    if not robot.links:
        raise AssetError(Problem("the URDF has no links", "urdf", "", "a URDF has <link> and <joint>", str(urdf)))
    return robot


def _path(joints: Iterable[Any], base: str, tip: str, urdf: Path) -> list[Any]:
    """The joints from base to tip, in order. URDF is a tree: each link hangs on one joint at most."""
    above: dict[str, Any] = {}
    for joint in joints:
        if joint.child in above:
            what = f"two joints carry link {joint.child!r}, so the chain forms a loop"
            value = f"{above[joint.child].name}, {joint.name}"
            raise AssetError(Problem(what, "urdf", value, "cut the loop: one joint for each link", str(urdf)))
        above[joint.child] = joint
    path: list[Any] = []
    link, seen = tip, {tip}
    while link != base:
        if link not in above:
            what = f"no joints lead from {base!r} to {tip!r}"
            hint = f"the chain above the tip ends at {link!r}; use it as base, or another tip"
            raise AssetError(Problem(what, "tip", tip, hint, str(urdf)))
        path.append(above[link])
        link = above[link].parent
        if link in seen:
            what, hint = f"the joints above {tip!r} form a loop", "cut the loop: a chain ends at its root"
            raise AssetError(Problem(what, "urdf", link, hint, str(urdf)))
        seen.add(link)
    return path[::-1]


def _joint(
    element: Any, origin: NDArray[np.float64], given: Mapping[str, float], file: str
) -> tuple[Joint | None, list[Problem]]:
    """One driven joint, or what is wrong with it."""
    where = f"joints.{element.name}"
    if element.type not in ("revolute", "continuous", "prismatic"):
        hint = "only revolute, continuous and prismatic joints drive an arm"
        return None, [Problem("an arm cannot have a joint of this type", where, str(element.type), hint, file)]
    if getattr(element, "mimic", None) is not None:
        hint = "give the tip a link before it, or make the joint fixed"
        return None, [Problem("the joint mimics another one", where, element.mimic.joint, hint, file)]
    problems = [
        Problem("an override has no such key", f"{where}.{key}", key, f"use one of {', '.join(LIMITS)}", file)
        for key in given
        if key not in LIMITS
    ]
    limit = element.limit
    ends: dict[str, float | None] = {key: getattr(limit, key, None) for key in ("lower", "upper")}
    if element.type == "continuous":
        ends = {"lower": -CONTINUOUS_RANGE_RAD, "upper": CONTINUOUS_RANGE_RAD}
    elif limit is not None and (ends["lower"] is not None or ends["upper"] is not None):
        ends = {key: value or 0.0 for key, value in ends.items()}  # the standard's default for either end is 0
    lower, upper = (given.get(key, ends[key]) for key in ("lower", "upper"))
    speed = given.get("speed", getattr(limit, "velocity", None))
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
    axis = np.array([1.0, 0.0, 0.0]) if element.axis is None else np.asarray(element.axis, dtype=float)
    length = float(np.linalg.norm(axis))
    if not math.isfinite(length) or length < 1e-9:
        hint = "give it an <axis xyz=>"
        problems.append(Problem("the joint's axis has no length", where, str(axis.tolist()), hint, file))
    if problems or lower is None or upper is None:
        return None, problems
    x, y, z = (float(value) / length for value in axis)
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


def _near(name: str, known: Iterable[str]) -> str:
    """A hint that names what may have been meant."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names[:12])}"
