"""One model folder: its model.yaml and the files it names, read, checked and made a model."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from layout.errors import AssetError, Problem
from layout.files.axes import read_axes, read_programs, swept_box
from layout.files.inertias import read_inertias
from layout.files.meshes import MeshFacts, glance, look
from layout.files.model_file import FORMATS, ArmFile, HoldFile, MachineFile, PartFile, ToolFile, VehicleFile
from layout.files.polygons import fault
from layout.files.ports import Solid, check_ports, make_port
from layout.files.schema import findings
from layout.files.urdf import read_chain
from layout.files.urdf_tree import Tree, read_tree
from layout.files.yaml import parse_document, read_bytes
from layout.model.equip import with_tool
from layout.model.library import (
    ArmModel,
    Axis,
    Hold,
    Joint,
    MachineModel,
    Model,
    PartModel,
    Point2,
    Point3,
    Port,
    ToolModel,
    VehicleModel,
)
from layout.model.scenario import PortSpec
from layout.packages import find_mesh

# How far hulls may reach beyond the footprint before it is worth a word (m): door handles, not machines.
OVERHANG_M = 0.05


@dataclass(frozen=True)
class Loaded:
    """A model with everything that went into it.

    folder : where its model.yaml lies
    files : (name that is the same on every machine, path) of each file that was read
    warnings : what is odd about it, but can be worked with
    size_m : width, depth, height (m)
    """

    model: Model
    folder: Path
    files: tuple[tuple[str, Path], ...]
    warnings: tuple[Problem, ...]
    size_m: tuple[float, float, float]


def read_folder(folder: Path, read_model: Callable[[str, Path], Loaded]) -> Loaded:
    """The model in a folder with a model.yaml. Raises AssetError with all findings.

    read_model : reads another model that this one names (an arm's tool), seen from a folder
    """
    return _Reader(folder, read_model).read()


class _Reader:
    """Reads one model folder and collects every finding."""

    def __init__(self, folder: Path, read_model: Callable[[str, Path], Loaded]) -> None:
        self.folder = folder
        self.read_model = read_model
        self.files: list[tuple[str, Path]] = []
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def read(self) -> Loaded:
        path = self.folder / "model.yaml"
        self.document = parse_document(read_bytes(path, AssetError), str(path), AssetError)
        self.files.append(("model.yaml", path))
        file = self.parse()
        if file.name != self.folder.name:
            hint = f"the folder is {self.folder.name!r}; rename one of them"
            self.problems.append(self.document.problem("differs from its folder's name", ("name",), file.name, hint))
        if isinstance(file, MachineFile):
            model, size = self.machine(file)
        elif isinstance(file, ArmFile):
            model, size = self.arm(file)
        elif isinstance(file, ToolFile):
            model, size = self.tool(file)
        elif isinstance(file, VehicleFile):
            model, size = self.vehicle(file)
        else:
            model, size = self.part(file)
        if self.problems or model is None:
            raise AssetError(self.problems)
        return Loaded(model, self.folder, tuple(self.files), tuple(self.warnings), size)

    def parse(self) -> MachineFile | ArmFile | ToolFile | VehicleFile | PartFile:
        data = self.document.data
        kind = data.get("kind") if isinstance(data, dict) else None
        if not isinstance(kind, str) or kind not in FORMATS:
            hint = f"write kind: and one of {', '.join(FORMATS)}"
            what = "is missing" if kind is None else "unknown kind"
            raise AssetError(self.document.problem(what, ("kind",), kind, hint))
        try:
            return FORMATS[kind].model_validate(data)
        except ValidationError as trouble:
            raise AssetError(findings(trouble, self.document, FORMATS[kind])) from None

    def machine(self, file: MachineFile) -> tuple[Model | None, tuple[float, float, float]]:
        visual, _ = self.mesh("visual", file.visual)
        hulls, facts = self.mesh("hulls", file.hulls, convexity=True)
        footprint = self.footprint(file.footprint)
        ports = {name: self.port(name, port) for name, port in file.ports.items()}
        if facts is None or footprint is None:
            return None, (0, 0, 0)
        (left, back), (right, front) = np.min(footprint, axis=0), np.max(footprint, axis=0)
        beyond = max(left - facts.low_m[0], back - facts.low_m[1], facts.high_m[0] - right, facts.high_m[1] - front)
        if beyond > OVERHANG_M:
            what = f"the hulls reach {beyond * 1e3:.0f} mm beyond the footprint"
            self.warn(what, ("footprint",), hint="the footprint should cover the machine seen from above")
        if facts.low_m[2] < -0.01:
            self.warn(f"the hulls reach {-facts.low_m[2] * 1e3:.0f} mm below the floor", ("hulls",))
        if all(piece.convex and piece.solid for piece in facts.pieces):

            def add(what: str, path: tuple[str, ...], value: object = None, hint: str = "") -> None:
                self.add(what, ("ports", *path), value, hint)

            check_ports(ports, footprint, Solid(hulls), add)
        urdf, axes, programs, top = self.moving(file)
        height = max(facts.high_m[2], top)
        model = MachineModel(
            name=file.name, description=file.description, visual=visual, hulls=hulls, height_m=height,
            footprint_m=footprint, service_m=file.service.model_dump(), ports=ports, source=file.source,
            urdf=urdf, axes=axes, programs=programs, price=file.price,
        )  # fmt: skip
        return model, (float(right - left), float(front - back), height)

    def moving(
        self, file: MachineFile
    ) -> tuple[Path | None, tuple[Axis, ...], Mapping[str, Mapping[str, float]], float]:
        """What moves on a machine: its URDF, axes, programs, and how high (m) they reach in any program."""
        if file.urdf is None:
            for key in ("axes", "programs"):
                if getattr(file, key):
                    self.add("needs a URDF that says what moves", (key,), hint="add 'urdf: machine.urdf', or remove it")
            return None, (), {}, 0.0
        urdf = self.urdf(file.urdf)
        tree = self.tree(urdf) if urdf else None
        if urdf is None or tree is None:
            return None, (), {}, 0.0
        faults = [self.placed(problem) for problem in tree.faults()]
        if faults:
            self.problems += faults
            return None, (), {}, 0.0
        before = len(self.problems)
        axes = read_axes(tree, file.axes, self.add)
        if not axes and len(self.problems) == before:
            hint = "give it a prismatic or revolute joint, or leave urdf: out"
            self.add("nothing moves in this URDF", ("urdf",), file.urdf, hint)
        programs = read_programs(axes, {str(name): where for name, where in file.programs.items()}, self.add)
        for program in ("load", "work"):
            if axes and program not in file.programs:
                hint = "say where its axes stand: programs: {load: {door: 620}, work: {door: 0}} (mm, degrees)"
                self.warn(f"has moving axes but no program '{program}'", ("programs",), hint=hint)
        if len(self.problems) > before:
            return None, (), {}, 0.0
        positions = [
            tuple(programs.get(program, {}).get(axis.name, axis.lower) for axis in axes) for program in ("load", "work")
        ]
        box = swept_box(tree, axes, positions)
        if box is not None and box[0][2] < -0.01:
            self.warn(f"its axes reach {-box[0][2] * 1e3:.0f} mm below the floor", ("programs",))
        return urdf, axes, programs, 0.0 if box is None else float(box[1][2])

    def part(self, file: PartFile) -> tuple[Model | None, tuple[float, float, float]]:
        visual, _ = self.mesh("visual", file.visual)
        hulls, facts = self.mesh("hulls", file.hulls, convexity=True)
        if facts is None:
            return None, (0, 0, 0)
        model = PartModel(
            name=file.name, description=file.description, visual=visual, hulls=hulls, mass_kg=file.mass_kg,
            friction=file.friction, grasp_m=file.grasp, source=file.source,
        )  # fmt: skip
        return model, facts.size_m

    def tool(self, file: ToolFile) -> tuple[Model | None, tuple[float, float, float]]:
        visual, _ = self.mesh("visual", file.visual)
        hulls, facts = self.mesh("hulls", file.hulls, convexity=True)
        if facts is None:
            return None, (0, 0, 0)
        model = ToolModel(
            name=file.name, description=file.description, visual=visual, hulls=hulls, mass_kg=file.mass_kg,
            tcp_m=file.tcp, grip_s=file.grip_s, source=file.source, hold=_hold(file.hold), price=file.price,
        )  # fmt: skip
        return model, facts.size_m

    def vehicle(self, file: VehicleFile) -> tuple[Model | None, tuple[float, float, float]]:
        visual, _ = self.mesh("visual", file.visual)
        hulls, facts = self.mesh("hulls", file.hulls, convexity=True)
        footprint = self.footprint(file.footprint)
        if facts is None or footprint is None:
            return None, (0, 0, 0)
        model = VehicleModel(
            name=file.name, description=file.description, visual=visual, hulls=hulls, height_m=facts.high_m[2],
            footprint_m=footprint, speed_m_s=file.speed_m_s, acceleration_m_s2=file.acceleration_m_s2,
            turn_rad_s=math.radians(file.turn), dock_s=file.dock_s, handover_s=file.handover_s,
            payload_kg=file.payload_kg, deck_m=file.deck, source=file.source, price=file.price,
        )  # fmt: skip
        width, depth = np.ptp(footprint, axis=0)
        return model, (float(width), float(depth), facts.high_m[2])

    def arm(self, file: ArmFile) -> tuple[Model | None, tuple[float, float, float]]:
        footprint = self.footprint(file.footprint)
        urdf = self.urdf(file.urdf)
        if urdf is None or footprint is None:
            return None, (0, 0, 0)
        tree = self.tree(urdf)
        if tree is None:
            return None, (0, 0, 0)
        kinds = {joint.name: joint.type for joint in tree.joints}
        overrides = {
            name: _si(given.model_dump(exclude_none=True), kinds.get(name) == "prismatic")
            for name, given in file.joints.items()
        }
        try:
            joints, flange = read_chain(urdf, file.base, file.tip, overrides)
        except AssetError as trouble:
            for problem in trouble.problems:
                self.problems.append(self.placed(problem))
            return None, (0, 0, 0)
        joints, flange = (_raised(joints[0], file.mount_m), *joints[1:]), _seated(flange, file.flange)
        home = self.home(file.home, joints)
        if home is None:
            return None, (0, 0, 0)
        heights = _heights(joints, home, flange, file.tcp)
        model = ArmModel(
            name=file.name, description=file.description, urdf=urdf, base=file.base, tip=file.tip, joints=joints,
            flange=flange, tcp_m=file.tcp, home=home, footprint_m=footprint, service_m=file.service.model_dump(),
            height_m=max(heights), payload_kg=file.payload_kg, reach_m=file.reach_m, tool_mass_kg=file.tool_mass_kg,
            grip_s=file.grip_s, source=file.source, mount_m=file.mount_m,
            inertias=read_inertias(urdf, file.base, file.tip, joints), seat_m=file.flange,
            accelerations=file.accelerations, hold=_hold(file.hold), price=file.price,
        )  # fmt: skip
        key = "tool_mass"
        if file.tool is not None:
            tool, key = self.default_tool(file.tool), "tool"
            if tool is None:
                return None, (0, 0, 0)
            model = with_tool(model, tool)
        if model.tool_mass_kg >= model.payload_kg:
            hint = "the payload includes the tool"
            self.add("the tool alone is the arm's whole payload", (key,), model.tool_mass_kg, hint)
        width, depth = np.ptp(footprint, axis=0)
        return model, (float(width), float(depth), model.height_m)

    def default_tool(self, name: str) -> ToolModel | None:
        """The gripper that an arm comes with: a library tool, or a folder seen from the arm's."""
        try:
            loaded = self.read_model(name, self.folder)
        except AssetError as trouble:
            self.problems += [
                problem if problem.file else replace(problem, where="tool", file=self.document.file,
                                                     line=self.document.line(("tool",)))
                for problem in trouble.problems
            ]  # fmt: skip
            return None
        if not isinstance(loaded.model, ToolModel):
            self.add("must be the model of a tool", ("tool",), name, "'layout assets' lists the library by kind")
            return None
        self.files += [(f"{name}/{label}", path) for label, path in loaded.files]
        self.warnings += loaded.warnings
        return loaded.model

    def add(self, what: str, path: tuple[str | int, ...], value: object = None, hint: str = "") -> None:
        self.problems.append(self.document.problem(what, path, value, hint))

    def warn(self, what: str, path: tuple[str | int, ...], value: object = None, hint: str = "") -> None:
        self.warnings.append(self.document.problem(what, path, value, hint))

    def placed(self, problem: Problem) -> Problem:
        """A finding of the URDF reader, with the line of model.yaml where its cause stands there."""
        path = tuple(problem.where.split(".", 1)) if problem.where else ()
        if path in self.document.lines:
            hint = f"{problem.hint} ({Path(problem.file).name})" if problem.file else problem.hint
            return replace(problem, file=self.document.file, line=self.document.line(path), hint=hint)
        return problem

    def mesh(self, key: str, name: str, *, convexity: bool = False) -> tuple[Path, MeshFacts | None]:
        path = self.folder / name
        if not name.strip():
            self.add("names no file", (key,), hint="name a mesh file beside model.yaml")
            return path, None
        if convexity and path.suffix.lower() != ".obj":
            hint = "give each convex piece an `o` object of its own; trimesh converts most formats"
            self.add("hulls must be an OBJ file", (key,), name, hint)
            return path, None
        try:
            facts = look(path, convexity=convexity)
        except AssetError as trouble:
            for problem in trouble.problems:
                hint = "; ".join(text for text in (problem.value, problem.hint) if text)
                self.add(problem.what, (key,), name, hint)
            return path, None
        self.files.append((name, path))
        for piece in facts.pieces:
            if not piece.solid:
                hint = "a convex piece needs at least 4 vertices that are not in one plane; give it a thickness"
                self.add(f"the hull {piece.name!r} has no volume", (key,), name, hint)
            elif not piece.convex:
                what = f"the hull {piece.name!r} is not convex"
                self.warn(what, (key,), name, "physics fills its hollows; split it into convex pieces")
        return path, facts

    def footprint(self, points: tuple[Point2, ...]) -> tuple[Point2, ...] | None:
        """The footprint, counter-clockwise."""
        wrong = fault(points)
        if wrong:
            self.add(f"the footprint {wrong}", ("footprint",), hint="list its corners in order around it")
            return None
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))
        return points if area > 0 else tuple(reversed(points))

    def port(self, name: str, file: PortSpec) -> Port:
        def add(what: str, path: tuple[str, ...], value: object = None, hint: str = "") -> None:
            self.add(what, ("ports", name, *path), value, hint)

        return make_port(name, file, add)

    def urdf(self, name: str) -> Path | None:
        if not name.startswith("pybullet_data:"):
            path, label = self.folder / name, name
        else:
            spec = importlib.util.find_spec("pybullet_data")
            if spec is None or not spec.submodule_search_locations:
                self.add("pybullet's data is not installed", ("urdf",), name, "pip install pybullet")
                return None
            label = name
            path = Path(spec.submodule_search_locations[0]) / name.removeprefix("pybullet_data:").lstrip("/")
        if not path.is_file():
            self.add("there is no such URDF file", ("urdf",), name, "check the path")
            return None
        self.files.append((label, path))
        return path

    def tree(self, urdf: Path) -> Tree | None:
        """A URDF as a tree; notes its mesh files, and those that are missing or broken."""
        try:
            tree = read_tree(urdf)
        except AssetError as trouble:
            self.problems += [self.placed(problem) for problem in trouble.problems]
            return None
        shapes = [shape for link in tree.links.values() for shape in (*link.visuals, *link.collisions)]
        for name in dict.fromkeys(shape.file for shape in shapes if shape.file):
            path = find_mesh(name, urdf)
            if path is None:
                where = "a folder named after its package, above the URDF" if "://" in name else str(urdf.parent / name)
                self.add("the URDF names a mesh that is not there", ("urdf",), name, f"looked for {where}")
                continue
            self.files.append((name, path))
            wrong = glance(path) if path.suffix.lower() in (".obj", ".stl") else ""  # COLLADA is left to the engine
            if wrong:
                self.add(f"a mesh that the URDF names {wrong}", ("urdf",), name, "export it again")
        return tree

    def home(self, given: tuple[float, ...], joints: tuple[Joint, ...]) -> tuple[float, ...] | None:
        if len(given) != len(joints):
            hint = f"the arm has {len(joints)} driven joints: {', '.join(joint.name for joint in joints)}"
            self.add(f"needs {len(joints)} angles, not {len(given)}", ("home",), list(given), hint)
            return None
        home = []
        for i, (value, joint) in enumerate(zip(given, joints, strict=True)):
            si = value * (1e-3 if joint.prismatic else math.pi / 180)
            # people round limits and home alike to a degree's tenth
            if not joint.lower - 2e-3 <= si <= joint.upper + 2e-3:
                factor = 1e3 if joint.prismatic else 180 / math.pi
                hint = f"{joint.name} goes from {joint.lower * factor:.6g} to {joint.upper * factor:.6g}"
                self.add("is beyond the joint's range", ("home", i), value, hint)
            home.append(min(max(si, joint.lower), joint.upper))
        return tuple(home)


def _hold(file: HoldFile | None) -> Hold | None:
    return Hold(file.force_n, file.by) if file is not None else None


def _si(given: Mapping[str, float], prismatic: bool) -> dict[str, float]:
    """Overrides from degrees (millimetres) to radians (metres)."""
    factor = 1e-3 if prismatic else math.pi / 180
    return {key: value * factor for key, value in given.items()}


def _raised(joint: Joint, by_m: float) -> Joint:
    """The first joint of an arm whose base stands that much above the floor."""
    origin = np.array(joint.origin)
    origin[2, 3] += by_m
    return replace(joint, origin=tuple(map(tuple, origin.tolist())))


def _seated(tip: tuple[tuple[float, ...], ...], seat_m: Point3) -> tuple[tuple[float, ...], ...]:
    """The frame that tools are bolted to: the tip link's, moved to the mounting face."""
    out = np.array(tip)
    out[:3, 3] += out[:3, :3] @ np.array(seat_m)
    return tuple(map(tuple, out.tolist()))


def _heights(joints: tuple[Joint, ...], home: tuple[float, ...], flange: Any, tcp: Any) -> list[float]:
    """Heights (m) of the joints, the flange and the tool centre point above the floor, at home."""
    frame = np.eye(4)
    heights = []
    for joint, value in zip(joints, home, strict=True):
        frame = frame @ np.asarray(joint.origin)
        heights.append(float(frame[2, 3]))
        move = np.eye(4)
        axis = np.asarray(joint.axis)
        if joint.prismatic:
            move[:3, 3] = axis * value
        else:
            cross = np.cross(np.eye(3), axis)
            move[:3, :3] = np.eye(3) + math.sin(value) * cross + (1 - math.cos(value)) * cross @ cross
        frame = frame @ move
    frame = frame @ np.asarray(flange)
    heights.append(float(frame[2, 3]))
    heights.append(float((frame @ np.array([*tcp, 1.0]))[2]))
    return heights
