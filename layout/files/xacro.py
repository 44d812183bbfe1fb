"""xacro files made plain URDFs, by xacrodoc (the extra `robots`); kept in the cache by what came out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from layout.errors import AssetError, Problem
from layout.files.atomic import write_text
from layout.files.cache import cache_folder
from layout.packages import find_mesh, package_folders

_FIND = re.compile(r"\$\(find\s+([\w.-]+)\s*\)")
_MESH = re.compile(r"""(<mesh\b[^>]*?\bfilename\s*=\s*)(["'])(.*?)\2""", re.DOTALL)


def plain_urdf(path: Path) -> tuple[Path, Path]:
    """The URDF to read; and the file that holds its text, the same everywhere. A URDF is both itself.

    A xacro file (by its name) is expanded: the URDF to read then has its meshes by absolute paths.
    Raises AssetError where xacrodoc is not installed or the file does not expand.
    """
    if not path.name.endswith(".xacro"):
        return path, path
    try:
        from xacrodoc import XacroDoc, packages
    except ImportError:
        hint = "pip install 'line-layout[robots]', or expand it yourself: xacro in.xacro > out.urdf"
        raise AssetError(Problem("needs xacrodoc to be expanded", value=path.name, hint=hint)) from None
    try:
        packages.update_package_cache({name: str(folder) for name, folder in _packages(path).items()})
        document: Any = XacroDoc.from_file(str(path), resolve_packages=False)
        text = str(document.to_urdf_string())
    except Exception as trouble:
        # xacro raises whatever its macros stumble over.
        what = " ".join(str(trouble).split())[:200] or type(trouble).__name__
        hint = "are the packages that it includes in a folder above, or installed?"
        raise AssetError(Problem("the xacro file cannot be expanded", value=what, hint=hint)) from None
    folder = cache_folder() / f"xacro-{hashlib.sha256(f'{path}{text}'.encode()).hexdigest()[:24]}"
    plain, used = folder / "expanded.urdf", folder / path.with_suffix(".urdf").name
    if not used.is_file():

        def absolute(match: re.Match[str]) -> str:
            found = find_mesh(match[3], path)
            return f"{match[1]}{match[2]}{found}{match[2]}" if found else match[0]

        folder.mkdir(parents=True, exist_ok=True)
        write_text(plain, text)
        write_text(used, _MESH.sub(absolute, text))
    return used, plain


def _packages(path: Path) -> dict[str, Path]:
    """The packages that a xacro file and what it includes name, and where they lie."""
    found: dict[str, Path] = {}
    queue, seen = [path], {path}
    for file in queue:
        for name in _FIND.findall(file.read_text(encoding="utf-8", errors="replace")):
            folder = found.get(name) or next(package_folders(name, path.parent), None)
            if folder is None or name in found:
                continue
            found[name] = folder
            new = [other for other in sorted(folder.rglob("*.xacro")) if other not in seen][:500]
            seen.update(new)
            queue += new
    return found
