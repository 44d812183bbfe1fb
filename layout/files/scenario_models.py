"""The models that a scenario names: library models, folders, and files of one's own, with what it says about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from layout.errors import AssetError, Problem
from layout.files.assets import model_names, read_model
from layout.files.model_reader import Loaded
from layout.files.own_box import box_name, machine_from_box
from layout.files.ports import Solid, check_ports, make_port
from layout.files.surface import SUFFIXES
from layout.files.yaml import Document, Key, KeyPath, did_you_mean
from layout.model.library import ArmModel, MachineModel, Model, PartModel, Port, ToolModel, VehicleModel
from layout.model.scenario import Machine, PortSpec, Product, ScenarioSpec, Service
from layout.model.transport import Robot, Vehicle
from layout.packages import SCHEME, find_file

_AN = {"machine": "a machine", "arm": "an arm", "tool": "a tool", "vehicle": "a vehicle", "part": "a part"}
_KINDS: dict[str, type[Model]] = {
    "machine": MachineModel,
    "arm": ArmModel,
    "tool": ToolModel,
    "vehicle": VehicleModel,
    "part": PartModel,
}
ROBOT_SUFFIXES = (".urdf", ".xacro")
OTHER_SUFFIXES = (".step", ".stp", ".iges", ".igs", ".fbx", ".dwg", ".dxf", ".blend", ".sldprt", ".usd", ".gltf")
"""What CAD programs write and this program does not read."""


@dataclass(frozen=True)
class Use:
    """One place of a scenario that names a model.

    path : of the entry in the file; key : below it, `model`, `box` or `tool`; kind : what the model must be
    entry : the entry itself, with what it says about the model
    """

    path: KeyPath
    key: str
    name: str
    kind: str
    entry: Machine | Product | Robot | Vehicle

    @property
    def options(self) -> str:
        """What the entry says about the model: uses that differ in it are models of their own."""
        entry = self.entry
        if self.key == "tool":
            return ""
        if isinstance(entry, Machine):
            given: tuple[Any, ...] = (entry.unit, entry.up, sorted(entry.ports.items()), entry.service)
            return repr(given) if entry.ports or any(given) else ""
        if isinstance(entry, Product):
            own = is_file(self.name)
            return repr((entry.unit, entry.up, entry.mass_kg)) if own or entry.unit or entry.up else ""
        if isinstance(entry, Robot):
            return repr((entry.tip, entry.payload_kg)) if entry.tip or entry.payload_kg else ""
        return ""


def is_file(name: str) -> bool:
    """Whether `model:` means a file of one's own, not a folder or a library model."""
    return name.startswith(SCHEME) or Path(name).suffix.lower() in (*SUFFIXES, *ROBOT_SUFFIXES, *OTHER_SUFFIXES)


def uses(spec: ScenarioSpec) -> list[Use]:
    """Everything that names a model."""
    found: list[Use] = []
    for name, product in spec.products.items():
        found.append(Use(("products", name), "model", product.model, "part", product))
    for name, machine in spec.machines.items():
        if machine.model:
            found.append(Use(("machines", name), "model", machine.model, "machine", machine))
        elif machine.box is not None:
            found.append(Use(("machines", name), "box", box_name(machine.box), "machine", machine))
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            found.append(Use(("transport", name), "model", transport.model, "arm", transport))
            if transport.tool is not None:
                found.append(Use(("transport", name), "tool", transport.tool, "tool", transport))
        elif isinstance(transport, Vehicle):
            found.append(Use(("transport", name), "model", transport.model, "vehicle", transport))
    return found


@dataclass(frozen=True)
class Models:
    """What loading gave: the scenario with a name of its own for each model, the models by these names, findings."""

    spec: ScenarioSpec
    loaded: dict[str, Loaded]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def models(self) -> dict[str, Model]:
        """Models by the name that the scenario uses."""
        return {name: entry.model for name, entry in self.loaded.items()}


def load_models(spec: ScenarioSpec, document: Document, base: Path, *, wait: bool) -> Models:
    """Models by the name the scenario uses, of the kind that is wanted where they are named.

    wait : until the convex pieces of meshes of one's own are made
    """
    named = uses(spec)
    loaded: dict[str, Loaded] = {}
    broken: set[tuple[str, str]] = set()
    keys: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    warnings: list[Problem] = []
    renamed: dict[KeyPath, str] = {}
    plain = {use.name for use in named if not use.options}
    for use in named:
        identity = (use.name, f"{use.kind}{use.options}" if use.options or is_file(use.name) else "")
        if identity in broken:
            continue
        if identity not in keys:
            key = use.name
            if key in loaded or (use.options and key in plain):
                key = f"{use.name} ({use.path[-1]})"
            try:
                found, odd = _load(use, document, base, wait)
            except AssetError as trouble:
                broken.add(identity)
                problems += [_placed(problem, use, document) for problem in trouble.problems]
                continue
            keys[identity] = key
            loaded[key] = found
            warnings += odd
            warnings += [problem if problem.file else _placed(problem, use, document) for problem in found.warnings]
        key = keys[identity]
        if key != use.name or use.key == "box":
            renamed[use.path] = key
        if not isinstance(loaded[key].model, _KINDS[use.kind]):
            actual = next(k for k, cls in _KINDS.items() if isinstance(loaded[key].model, cls))
            what = f"must be the model of {_AN[use.kind]}, not of {_AN[actual]}"
            hint = "'layout assets' lists the library by kind"
            problems.append(document.problem(what, (*use.path, use.key), use.name, hint))
    return Models(_rename(spec, renamed), loaded, tuple(problems), tuple(dict.fromkeys(warnings)))


def _rename(spec: ScenarioSpec, renamed: Mapping[KeyPath, str]) -> ScenarioSpec:
    """The scenario with the models' own names where two uses of one file differ."""
    sections: dict[str, dict[str, Any]] = {}
    for path, key in renamed.items():
        section, name = str(path[0]), str(path[1])
        held = sections.setdefault(section, dict(getattr(spec, section)))
        held[name] = held[name].model_copy(update={"model": key})
    return spec.model_copy(update=sections) if sections else spec


def _placed(problem: Problem, use: Use, document: Document) -> Problem:
    """A finding with the line of the scenario where its cause stands, unless it has a place already."""
    if problem.file and problem.file != document.file:
        return problem
    path: tuple[Key, ...] = (*use.path, use.key)
    if problem.where and problem.where in ("unit", "mass", "tip"):
        path = (*use.path, problem.where) if (*use.path, problem.where) in document.lines else path
    where = ".".join(str(key) for key in path)
    if problem.file:
        return problem
    return replace(problem, where=where, file=document.file, line=document.line(path))


def _load(use: Use, document: Document, base: Path, wait: bool) -> tuple[Loaded, list[Problem]]:
    """The model of one use, and what is odd about the use. Raises AssetError."""
    entry = use.entry
    if isinstance(entry, Machine) and use.key == "box":
        return _box(entry, use, document)
    if use.key == "model" and is_file(use.name) and not (base / use.name / "model.yaml").is_file():
        return _own(use, document, base, wait)
    loaded = read_model(use.name, base)
    odd: list[Problem] = []
    keys = ("unit", "up") if isinstance(entry, (Machine, Product)) else ("tip", "payload_kg")
    if use.key == "model" and not isinstance(entry, Vehicle):
        for key in keys:
            if getattr(entry, key, None) is not None:
                said = key.removesuffix("_kg")
                what = "means nothing here: the model has a model.yaml, which says it"
                raise AssetError(document.problem(what, (*use.path, said), getattr(entry, key), f"remove '{said}:'"))
    model = loaded.model
    if isinstance(entry, Machine) and isinstance(model, MachineModel) and use.options:
        ports, problems = _ports(entry, use, document)
        service = entry.service.model_dump() if entry.service else model.service_m
        changed = replace(model, ports=ports or model.ports, service_m=service)
        problems += _in_the_way(ports, changed, Solid(model.hulls), use, document)
        if problems:
            raise AssetError(problems)
        loaded = replace(loaded, model=changed)
    return loaded, odd


def _own(use: Use, document: Document, base: Path, wait: bool) -> tuple[Loaded, list[Problem]]:
    """A model from a file of one's own. Raises AssetError."""
    path = _file(use, base)
    suffix = path.suffix.lower()
    entry = use.entry
    if suffix in OTHER_SUFFIXES or (suffix not in ROBOT_SUFFIXES and suffix not in SUFFIXES):
        hint = f"export it as one of {', '.join(s[1:].upper() for s in (*SUFFIXES, *ROBOT_SUFFIXES))}"
        raise AssetError(Problem("is of a format that cannot be read", value=use.name, hint=hint))
    if isinstance(entry, Robot):
        if suffix not in ROBOT_SUFFIXES:
            hint = "an arm needs a URDF, which says how its joints move; or a folder with a model.yaml"
            raise AssetError(Problem("a mesh alone is no arm", value=use.name, hint=hint))
        from layout.files.own_arm import arm_from_urdf

        return arm_from_urdf(path, tip=entry.tip, payload_kg=entry.payload_kg), []
    if isinstance(entry, Product):
        return _part(use, entry, path)
    if not isinstance(entry, Machine):
        hint = "write a folder with a model.yaml for it (docs/model-yaml.md, kind: vehicle)"
        raise AssetError(Problem("a file alone is no vehicle", value=use.name, hint=hint))
    ports, problems = _ports(entry, use, document)
    service = (entry.service or Service()).model_dump()
    if suffix in ROBOT_SUFFIXES:
        from layout.files.own_machine import machine_from_urdf

        if entry.unit or entry.up:
            what = "a URDF is in metres, z up, by its standard"
            problems.append(document.problem(what, (*use.path, "unit" if entry.unit else "up"), hint="remove it"))
        loaded = machine_from_urdf(path, ports, service)
        solid = Solid(loaded.model.hulls)  # type: ignore[union-attr]
    else:
        from layout.files.own_mesh import machine_from_mesh, solid_of

        loaded = machine_from_mesh(path, ports, service, unit=entry.unit, up=entry.up, wait=wait)
        solid = solid_of(path, entry.unit, entry.up)
    assert isinstance(loaded.model, MachineModel)
    problems += _in_the_way(ports, loaded.model, solid, use, document)
    if problems:
        raise AssetError(problems)
    odd = []
    if not ports:
        hint = "give it 'ports:' (docs/model-yaml.md, Your own meshes): {take: {kind: in, by: [arm], at: [0, 0, 1]}}"
        odd.append(document.problem("a file has no ports, so nothing can serve it", (*use.path, "model"), hint=hint))
    return loaded, odd


def _box(entry: Machine, use: Use, document: Document) -> tuple[Loaded, list[Problem]]:
    """A machine of which only the size is known. Raises AssetError."""
    assert entry.box is not None
    problems = [
        document.problem(
            "means nothing for a box, whose size says its unit", (*use.path, key), value, f"remove '{key}:'"
        )
        for key, value in (("unit", entry.unit), ("up", entry.up))
        if value is not None
    ]
    ports, wrong = _ports(entry, use, document)
    loaded = machine_from_box(entry.box, ports, (entry.service or Service()).model_dump())
    assert isinstance(loaded.model, MachineModel)
    problems += [*wrong, *_in_the_way(ports, loaded.model, Solid(loaded.model.hulls), use, document)]
    if problems:
        raise AssetError(problems)
    return loaded, []


def _part(use: Use, entry: Product, path: Path) -> tuple[Loaded, list[Problem]]:
    if path.suffix.lower() in ROBOT_SUFFIXES:
        raise AssetError(Problem("a part is a mesh, not a URDF", value=use.name, hint="name its STL, OBJ or GLB file"))
    if entry.mass_kg is None:
        hint = "a mesh has no mass: add 'mass: 1.8 kg'"
        raise AssetError(Problem("the part's mass is missing", where="mass", value=use.name, hint=hint))
    from layout.files.own_mesh import part_from_mesh

    return part_from_mesh(path, entry.mass_kg, unit=entry.unit, up=entry.up), []


def _file(use: Use, base: Path) -> Path:
    """The file that is meant. Raises AssetError where there is none."""
    if use.name.startswith(SCHEME):
        found = find_file(use.name, base)
        if found is None:
            hint = "pip install 'line-layout[robots]' brings UR and KUKA arms; or put the package in a folder above"
            raise AssetError(Problem("there is no such file in any package", value=use.name, hint=hint))
        return found
    path = base / use.name
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        try:
            near = (
                sorted(p.name for p in path.parent.iterdir() if p.suffix == path.suffix) if "\0" not in use.name else []
            )
        except OSError:
            near = []
        hint = did_you_mean(path.name, near, "there") if near else f"looked for {path}"
        library = did_you_mean(path.stem, model_names(), "")
        hint += f"; library models are named without an ending: {library}" if library.startswith("did") else ""
        raise AssetError(Problem("there is no such file", value=use.name, hint=hint))
    if path.is_dir():
        raise AssetError(Problem("is a folder, not a file", value=use.name, hint="name the mesh or URDF inside it"))
    return path.resolve()


def _ports(entry: Machine, use: Use, document: Document) -> tuple[dict[str, Port], list[Problem]]:
    problems: list[Problem] = []

    def made(name: str, given: PortSpec) -> Port:
        def add(what: str, path: tuple[str, ...], value: object = None, hint: str = "") -> None:
            problems.append(document.problem(what, (*use.path, "ports", name, *path), value, hint))

        return make_port(name, given, add)

    return {name: made(name, given) for name, given in entry.ports.items()}, problems


def _in_the_way(
    ports: Mapping[str, Port], model: MachineModel, solid: Solid, use: Use, document: Document
) -> list[Problem]:
    problems: list[Problem] = []

    def add(what: str, path: tuple[str, ...], value: object = None, hint: str = "") -> None:
        problems.append(document.problem(what, (*use.path, "ports", *path), value, hint))

    check_ports(ports, model.footprint_m, solid, add)
    return problems


def digest(raw: bytes, loaded: Mapping[str, Loaded]) -> str:
    """SHA-256 over the scenario's bytes and those of every file of every model, whatever folder they lie in."""
    whole = hashlib.sha256(hashlib.sha256(raw).digest())
    for name in sorted(loaded):
        for label, content in _contents(loaded[name].files):
            whole.update(f"{name}\0{label}\0".encode())
            whole.update(content)
    return whole.hexdigest()


def _contents(files: Iterable[tuple[str, Path]]) -> Iterable[tuple[str, bytes]]:
    for label, path in files:
        yield label, hashlib.sha256(path.read_bytes()).digest()
