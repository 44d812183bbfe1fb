"""Where the meshes lie that a URDF names: plain paths, `file://`, and `package://` as ROS writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def find_mesh(name: str, urdf: Path) -> Path | None:
    """The file that a URDF's `<mesh filename=>` means, or None.

    A package is looked for among the folders above the URDF, by its name or with its name left out.
    """
    folder = urdf.resolve().parent
    name = name.removeprefix("file://")
    if not name.startswith("package://"):
        candidates: Sequence[Path] = [folder / name]
    else:
        package, _, rest = name.removeprefix("package://").partition("/")
        above = [folder, *folder.parents]
        candidates = [
            *(base / package / rest for base in above),
            *(base / rest for base in above if base.name == package),
            folder / rest,
            *(base / rest for base in above[1:4]),
        ]
    return next((path.resolve() for path in candidates if path.is_file()), None)
