"""Arms from a URDF of one's own or a vendor's: what URDF does not say is guessed, and said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layout.errors import AssetError, Problem
from layout.files.axes import link_points
from layout.files.collada import without_collada
from layout.files.inertias import read_inertias
from layout.files.model_reader import Loaded
from layout.files.urdf import read_chain
from layout.files.urdf_tree import Edge, Tree, near, read_tree
from layout.files.xacro import plain_urdf
from layout.model.library import ArmModel, Joint, Point2
from layout.packages import find_mesh

Array = NDArray[np.float64]

TOOL_LINKS = ("tool0", "tcp", "tool_link", "tool", "tool_frame", "flange", "ee_link", "link_eef", "ee")
"""Names that URDFs give to the link that carries the tool; the earlier, the surer that its z points outwards."""

GRIP_S = 0.5
PAYLOAD_PER_REACH2 = 4.0
"""kg/m^2: arms carry more than this times their reach squared (UR5 3 of 5 kg, KR 16 10 of 16 kg, KR 210 29 of 210)."""
SMALLEST_FOOT_M = 0.1
DEFAULT_FOOT_M = 0.15
"""Half the foot's edge where the base link has no geometry."""

SAMPLES = 6000
HEIGHT_FREE_M = 0.1


def arm_from_urdf(path: Path, *, tip: str | None, payload_kg: float | None) -> Loaded:
    """An arm from a URDF or xacro file: its root stands on the floor, its longest chain of joints is the arm.

    tip : the link that carries the tool; payload_kg : what it carries, tool included. Raises AssetError.
    """
    urdf, text = plain_urdf(path)
    files = [(path.name, text)]
    tree = read_tree(urdf)
    problems = [*tree.faults(), *_meshes(tree, urdf, path, files)]
    if problems:
        raise AssetError(_at(problems, path))
    try:
        urdf = without_collada(urdf)
    except AssetError as trouble:
        raise AssetError(_at(list(trouble.problems), path)) from None
    tree = read_tree(urdf)
    base = tree.roots[0]
    notes: list[tuple[str, str]] = []
    if tip is not None and tip not in tree.links:
        raise AssetError(Problem("the URDF has no such link", "tip", tip, near(tip, tree.links)))
    end = tip or find_tip(tree)
    if end is None:
        raise AssetError(Problem("nothing moves in this URDF", value=path.name, hint="is it the arm's?"))
    try:
        joints, flange = read_chain(urdf, base, end)
    except AssetError as trouble:
        raise AssetError(_at(list(trouble.problems), path)) from None
    if tip is None:
        hint = "write 'tip: LINK' if another carries the tool"
        notes.append((f"{len(joints)} joints from {base!r} to {end!r}", hint))
        notes.extend(_left_out(tree, end))
    chain = _Samples(joints, np.array(flange))
    reach = chain.reach_m()
    if not 0.05 < reach < 20:
        hint = "URDFs are in metres; scale the origins of its joints"
        raise AssetError(Problem(f"would reach {reach:.4g} m", value=path.name, hint=hint))
    home = chain.home(reach)
    if payload_kg is None:
        payload_kg = float(f"{PAYLOAD_PER_REACH2 * reach**2:.2g}")
        what = f"a URDF has no payload: {payload_kg:g} kg is guessed from its reach of {reach:.2f} m"
        notes.append((what, "write 'payload: 10 kg' (tool included) from the datasheet"))
    notes.append(("a URDF has no accelerations: each joint reaches its top speed in 0.4 s",
                  "for the datasheet's figures write a model.yaml (docs/model-yaml.md)"))  # fmt: skip
    if abs(chain.flange_z()) < 0.9:
        what = f"z of {end!r} does not lie along the last joint's axis, so the tool may point sideways"
        notes.append((what, "tool z points away from the flange: name such a link with 'tip:'"))
    footprint = _foot(tree, base)
    model = ArmModel(
        name=path.name.split(".")[0], description=f"from {path.name}", urdf=urdf, base=base, tip=end, joints=joints,
        flange=flange, tcp_m=(0.0, 0.0, 0.0), home=home, footprint_m=footprint,
        service_m={"front": 0.0, "back": 0.0, "left": 0.0, "right": 0.0}, height_m=chain.height_m(home),
        payload_kg=payload_kg, reach_m=reach, tool_mass_kg=0.0, grip_s=GRIP_S, source=f"the URDF {path.name}",
        inertias=read_inertias(urdf, base, end, joints),
    )  # fmt: skip
    width, depth = np.ptp(np.array(footprint), axis=0)
    warnings = tuple(Problem(what, hint=hint) for what, hint in notes)
    return Loaded(model, path.parent, tuple(files), warnings, (float(width), float(depth), model.height_m))


def _at(problems: list[Problem], path: Path) -> list[Problem]:
    """Findings of the URDF's readers, named as the user knows the file."""
    return [Problem(p.what, p.where if p.where != "urdf" else "", p.value, p.hint, str(path)) for p in problems]


def _meshes(tree: Tree, urdf: Path, shown: Path, files: list[tuple[str, Path]]) -> list[Problem]:
    """Notes the meshes that a URDF names; those that are missing."""
    problems = []
    shapes = [shape for link in tree.links.values() for shape in (*link.visuals, *link.collisions)]
    for name in dict.fromkeys(shape.file for shape in shapes if shape.file):
        found = find_mesh(name, urdf)
        if found is None:
            where = "a folder named after its package, above the URDF, and installed packages"
            hint = f"looked for {where if '://' in name else shown.parent / name}"
            problems.append(Problem("the URDF names a mesh that is not there", "", name, hint, str(shown)))
        else:
            # absolute names come of xacro; the digest must be the same on every machine
            files.append((Path(name).name if Path(name).is_absolute() else name, found))
    return problems


def find_tip(tree: Tree) -> str | None:
    """The link that carries the tool: the end of the longest chain of driven joints, before it forks into fingers."""
    if not any(joint.driven for joint in tree.joints):
        return None
    depth: dict[str, int] = {}
    for joint in reversed(list(tree.walk())):
        own = depth.get(joint.child, 0) + (joint.driven and not joint.mimic)
        depth[joint.parent] = max(depth.get(joint.parent, 0), own)
    link, passed = tree.roots[0], 0
    while True:
        ways = [j for j in tree.below.get(link, ()) if depth.get(j.child, 0) + (j.driven and not j.mimic) > 0]
        ways.sort(key=lambda j: -(depth.get(j.child, 0) + j.driven))
        if not ways:
            break
        if passed >= 3 and (len(ways) > 1 or _finger(ways[0]) or _forks(tree, ways[0])):
            break
        passed += ways[0].driven
        link = ways[0].child
    return _outermost(tree, link)


def _left_out(tree: Tree, end: str) -> list[tuple[str, str]]:
    """The joint at which an arm ends early: one that follows another, or that no single motor drives."""
    beyond = tree.below.get(end, ())
    if len(beyond) != 1:  # fingers
        return []
    joint = beyond[0]
    if joint.mimic:
        hint = "give it limits of its own where a motor drives it, or make it fixed"
        return [(f"the arm ends before joint {joint.name!r}, which mimics {joint.mimic!r}", hint)]
    if joint.type in ("planar", "floating"):
        hint = "write it as revolute, continuous, prismatic or fixed"
        return [(f"the arm ends before joint {joint.name!r}, which is {joint.type}", hint)]
    return []


def _finger(joint: Edge) -> bool:
    """A short slide at the end of an arm closes a gripper."""
    if joint.type != "prismatic" or joint.lower is None or joint.upper is None:
        return False
    return joint.upper - joint.lower < 0.15


def _forks(tree: Tree, joint: Edge) -> bool:
    """Whether fixed links lead from this joint to several fingers."""
    if joint.driven:
        return False
    ends = [joint.child]
    driven = []
    for link in ends:
        for other in tree.below.get(link, ()):
            if other.driven:
                driven.append(other)
            else:
                ends.append(other.child)
    return len(driven) > 1 or any(map(_finger, driven))


def _outermost(tree: Tree, link: str) -> str:
    """Of what is fixed to a link, the one that is named like a tool's; else the link itself."""
    fixed = [link]
    for here in fixed:
        fixed += [j.child for j in tree.below.get(here, ()) if j.type == "fixed"]
    for name in TOOL_LINKS:
        for there in fixed:
            if there == name or there.endswith(("_" + name, "-" + name, "/" + name)):
                return there
    return link


def _foot(tree: Tree, base: str) -> tuple[Point2, ...]:
    """What the base link covers on the floor: the convex hull of its points, counter-clockwise."""
    import shapely

    points = link_points(tree, base)
    if len(points) > 2:
        hull = shapely.convex_hull(shapely.multipoints(points[:, :2])).simplify(0.002)
        if hull.geom_type == "Polygon" and min(np.ptp(points[:, :2], axis=0)) > SMALLEST_FOOT_M / 2:
            ring = shapely.get_coordinates(shapely.orient_polygons(hull))[:-1]
            return tuple((round(float(x), 4), round(float(y), 4)) for x, y in ring)
    d = DEFAULT_FOOT_M
    return ((-d, -d), (d, -d), (d, d), (-d, d))


@dataclass
class _Samples:
    """Random postures of a chain, the same each time."""

    joints: tuple[Joint, ...]
    flange: Array

    def __post_init__(self) -> None:
        lower, upper = (np.array([getattr(j, end) for j in self.joints]) for end in ("lower", "upper"))
        turns = np.array([not j.prismatic for j in self.joints])
        # a joint that turns more than once around gains nothing by it
        self.lower = np.where(turns, np.maximum(lower, -np.pi), lower)
        self.upper = np.where(turns, np.minimum(upper, np.pi), upper)
        wide = self.lower < self.upper
        self.lower, self.upper = np.where(wide, self.lower, lower), np.where(wide, self.upper, upper)
        self.middle = (self.lower + self.upper) / 2
        random = np.random.default_rng(0).random((SAMPLES, len(self.joints)))
        self.angles = np.vstack([self.middle, self.lower + random * (self.upper - self.lower)])
        self.frames = self._frames(self.angles)

    def _frames(self, angles: Array) -> Array:
        """(k + 1, n, 4, 4): each joint's frame and the flange's, for n joint vectors."""
        here = np.broadcast_to(np.eye(4), (len(angles), 4, 4))
        found = []
        for joint, values in zip(self.joints, angles.T, strict=True):
            here = here @ np.array(joint.origin)
            move = np.broadcast_to(np.eye(4), (len(angles), 4, 4)).copy()
            x, y, z = joint.axis
            if joint.prismatic:
                move[:, :3, 3] = values[:, None] * np.array(joint.axis)
            else:
                cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
                move[:, :3, :3] += np.sin(values)[:, None, None] * cross
                move[:, :3, :3] += (1 - np.cos(values))[:, None, None] * (cross @ cross)
            here = here @ move
            found.append(here)
        found.append(here @ self.flange)
        return np.array(found)

    def reach_m(self) -> float:
        """Greatest distance from the first joint's axis to the last joint (the wrist), as datasheets give it."""
        first, last = self.joints[0], self.frames[-2, :, :3, 3]
        origin = np.array(first.origin)
        axis = origin[:3, :3] @ np.array(first.axis)
        away = last - origin[:3, 3]
        if first.prismatic or len(self.joints) < 3:
            return float(np.linalg.norm(self.frames[-1, :, :3, 3] - origin[:3, 3], axis=1).max())
        return float(np.linalg.norm(away - (away @ axis)[:, None] * axis, axis=1).max())

    def home(self, reach_m: float) -> tuple[float, ...]:
        """A posture to wait in: tool down, half-way out in front, everything well above the floor and apart."""
        at = self.frames[:, :, :3, 3]
        tip, down = at[-1], -self.frames[-1, :, 2, 2]
        cost = 1.0 - down
        cost = cost + np.abs(tip[:, 0] - 0.5 * reach_m) / reach_m + np.abs(tip[:, 1]) / reach_m
        cost = cost + np.abs(tip[:, 2] - 0.5 * reach_m) / reach_m
        cost = cost + 2.0 * np.maximum(HEIGHT_FREE_M + 0.2 * reach_m - at[2:, :, 2].min(axis=0), 0.0) / reach_m
        span = np.maximum(self.upper - self.lower, 1e-9)
        cost = cost + 1.0 * np.abs((self.angles - self.middle) / span).max(axis=1)
        for i in range(len(at)):
            for j in range(i + 4, len(at)):  # the shoulder and what is near the hand
                near_m = np.linalg.norm(at[i] - at[j], axis=1)
                cost = cost + 2.0 * np.maximum(0.25 * reach_m - near_m, 0.0) / reach_m
        best = self.angles[int(np.argmin(cost))]
        return tuple(
            min(max(float(value), joint.lower), joint.upper) for value, joint in zip(best, self.joints, strict=True)
        )

    def flange_z(self) -> float:
        """Cosine between the tool's z and the last joint's axis."""
        if self.joints[-1].prismatic:
            return 1.0
        return float(self.flange[:3, 2] @ np.array(self.joints[-1].axis))

    def height_m(self, home: tuple[float, ...]) -> float:
        """The highest joint at home."""
        frames = self._frames(np.array([home]))
        return max(0.05, math.ceil(float(frames[:, 0, 2, 3].max()) * 1e3) / 1e3)
