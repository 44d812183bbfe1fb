"""A scenario copied with the models that it names by a path, so that a run folder stands on its own."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from layout.files.atomic import write_text
from layout.files.csv_columns import references
from layout.files.scenario_models import ROBOT_SUFFIXES, is_file
from layout.files.xacro import plain_urdf
from layout.model.scenario import Scenario
from layout.packages import SCHEME, find_mesh

_MESH = re.compile(r"""(<mesh\b[^>]*?\bfilename\s*=\s*)(["'])(.*?)\2""", re.DOTALL)


def freeze(scenario: Scenario, folder: Path) -> None:
    """Copy the scenario to `scenario.yaml`, and the model folders, meshes and URDFs that it names by a path.

    What lies outside the scenario's folder comes to lie in `models/`, and the copy names it there. Models of installed
    packages (`package://`) and of the library stay where they are.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    document = yaml.load(scenario.path.read_text(encoding="utf-8-sig"))
    moved: dict[str, str] = {}
    for entry, key in _named(document):
        name = entry[key]
        if name not in moved:
            number = sum(old != new for old, new in moved.items()) + 1
            moved[name] = _copy(name, scenario.path.parent, folder, number)
        entry[key] = moved[name]
    for _, holder, key in references(document):
        if holder[key] not in moved:
            moved[holder[key]] = _copy_table(holder[key], scenario.path.parent, folder, len(moved) + 1)
        holder[key] = moved[holder[key]]
    if all(old == new for old, new in moved.items()):
        shutil.copyfile(scenario.path, folder / "scenario.yaml")
        return
    text = io.StringIO()
    yaml.dump(document, text)
    write_text(folder / "scenario.yaml", text.getvalue())


def _named(document: Any) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    for section in ("products", "machines", "transport"):
        for entry in (document.get(section) or {}).values():
            for key in ("model", "tool"):
                if isinstance(entry.get(key), str):
                    yield entry, key


def _copy(name: str, base: Path, folder: Path, number: int) -> str:
    """Copy what a name means, if it is a path; the name that the copy has in the run folder."""
    source = base / name
    outside = Path(name).is_absolute() or ".." in Path(name).parts
    if name.startswith(SCHEME):
        return name
    if (source / "model.yaml").is_file():
        new = f"models/{number}/{source.resolve().name}" if outside else name
        shutil.copytree(source, folder / new, dirs_exist_ok=True)
        return new
    if not is_file(name) or not source.is_file():
        return name
    if source.suffix.lower() in ROBOT_SUFFIXES:
        return _copy_urdf(source.resolve(), folder, number)
    new = f"models/{number}/{source.name}" if outside else name
    (folder / new).parent.mkdir(parents=True, exist_ok=True)
    _copy_mesh(source, folder / new)
    return new


def _copy_table(name: str, base: Path, folder: Path, number: int) -> str:
    """Copy a CSV file; the name that the copy has in the run folder."""
    outside = Path(name).is_absolute() or ".." in Path(name).parts
    new = f"tables/{number}/{Path(name).name}" if outside else name
    (folder / new).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base / name, folder / new)
    return new


def _copy_mesh(source: Path, target: Path) -> None:
    """Copy a mesh file, and the colours that an OBJ names."""
    shutil.copyfile(source, target)
    if source.suffix.lower() == ".obj":
        with source.open(encoding="utf-8", errors="replace") as file:
            named = [line.split(maxsplit=1)[1].strip() for line in file if line.startswith("mtllib ")]
        for name in named:
            colours = source.parent / name
            if colours.is_file() and Path(name).name == name:
                shutil.copyfile(colours, target.parent / name)


def _copy_urdf(source: Path, folder: Path, number: int) -> str:
    """Copy a URDF with its meshes, which it then names beside itself; xacro is expanded."""
    urdf, _ = plain_urdf(source)
    new = f"models/{number}/{source.name.split('.')[0]}.urdf"
    target = folder / new
    target.parent.mkdir(parents=True, exist_ok=True)
    copies: dict[str, str] = {}

    def local(match: re.Match[str]) -> str:
        name = match[3]
        found = find_mesh(name, urdf)
        if found is None:
            return match[0]
        if name not in copies:
            copies[name] = f"meshes/{len(copies) + 1}/{found.name}"
            (target.parent / copies[name]).parent.mkdir(parents=True, exist_ok=True)
            _copy_mesh(found, target.parent / copies[name])
        return f"{match[1]}{match[2]}{copies[name]}{match[2]}"

    write_text(target, _MESH.sub(local, urdf.read_text(encoding="utf-8", errors="replace")))
    return new
