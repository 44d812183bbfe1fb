"""Where the files lie that a URDF or a scenario names: plain paths, `file://`, and `package://` as ROS writes them.

A package is looked for in the folders above, in ROS's own folders, and in installed Python packages that bring robots
(example-robot-data, rtb-data; `pip install line-layout[robots]`).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

SCHEME = "package://"
SUFFIXES = ("_support", "_description", "_data")
"""What package names carry and the folders of collections at times do not."""


def find_mesh(name: str, urdf: Path) -> Path | None:
    """The file that a URDF's `<mesh filename=>` means, or None.

    A package is looked for among the folders above the URDF, by its name or with its name left out, then among what is
    installed.
    """
    folder = urdf.resolve().parent
    name = name.removeprefix("file://")
    if "\0" in name:
        return None
    if not name.startswith(SCHEME):
        candidates: Sequence[Path] = [folder / name]
    else:
        package, _, rest = name.removeprefix(SCHEME).partition("/")
        above = [folder, *folder.parents]
        candidates = [
            *(base / package / rest for base in above),
            *(base / rest for base in above if base.name == package),
            folder / rest,
            *(base / rest for base in above[1:4]),
        ]
        found = next((path.resolve() for path in candidates if path.is_file()), None)
        return found or find_file(name, folder)
    return next((path.resolve() for path in candidates if path.is_file()), None)


def find_file(name: str, base: Path) -> Path | None:
    """The file that `package://name/path` means, seen from a folder; None where there is none."""
    package, _, rest = name.removeprefix(SCHEME).partition("/")
    return next((path / rest for path in package_folders(package, base) if rest and (path / rest).is_file()), None)


def package_folders(package: str, base: Path) -> Iterator[Path]:
    """Folders that a package's name may mean, seen from a folder; the likeliest first."""
    if not package or any(mark in package for mark in "/\\\0") or package in (".", ".."):
        return
    names = [package, *(package.removesuffix(suffix) for suffix in SUFFIXES if package.endswith(suffix))]
    names.append(package.replace("_", "-"))
    base = base.resolve()
    for name in names:
        for above in (base, *base.parents):
            if (above / name).is_dir():
                yield above / name
            if above.name == name:
                yield above
        for root in _roots():
            if (root / name).is_dir():
                yield root / name
    if package.isidentifier():
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            spec = None
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place)


@lru_cache(maxsize=1)
def _roots() -> tuple[Path, ...]:
    """Folders whose subfolders are packages: ROS's, and those of Python packages that bring robots."""
    found = [Path(place) for place in os.environ.get("ROS_PACKAGE_PATH", "").split(os.pathsep) if place]
    found += [Path(p) / "share" for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    for entry in dict.fromkeys(sys.path):
        site = Path(entry)
        share = site / "cmeel.prefix" / "share"
        found += [share, share / "example-robot-data" / "robots", site / "rtbdata" / "xacro"]
    deeper = [sub for root in found if root.name == "xacro" and root.is_dir() for sub in sorted(root.iterdir())]
    return tuple(root for root in dict.fromkeys([*found, *deeper]) if root.is_dir())
