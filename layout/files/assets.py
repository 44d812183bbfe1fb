"""The asset library on disk: where it lies, what it holds, and its models, read once a process."""

from __future__ import annotations

from pathlib import Path

from layout.errors import AssetError, Problem
from layout.files.model_reader import Loaded, read_folder
from layout.files.yaml import did_you_mean
from layout.model.library import Model


def library_folder() -> Path:
    """The folder of the model library: `assets/` of a checkout, or the copy inside the installed package."""
    return _data_folder("assets")


def examples_folder() -> Path:
    """The folder of the scenarios that come along: `experiments/` of a checkout, or the copy in the package."""
    return _data_folder("experiments")


def _data_folder(name: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "_data" / name
    return inside if inside.is_dir() else package.parent / name


def model_names() -> tuple[str, ...]:
    """Names of the library's models, sorted."""
    return tuple(sorted(path.parent.name for path in library_folder().glob("*/model.yaml")))


def model_folder(name: str, base: Path) -> Path:
    """The folder that a scenario's `model:` means: a library model by name, or a folder seen from `base`.

    Raises AssetError where there is no such model.
    """
    if "\0" not in name and name.strip():
        local = base / name
        names_path = any(mark in name for mark in "/\\") or name.startswith(".")
        candidates = [local] if names_path else [library_folder() / name, local]
        for folder in candidates:
            if (folder / "model.yaml").is_file():
                return folder
        if names_path:
            raise AssetError(Problem("no model.yaml in this folder", value=name, hint=f"looked in {local}"))
    raise AssetError(
        Problem("no such model in the library", value=name, hint=did_you_mean(name, model_names(), "there are"))
    )


def load_model(name_or_path: str, base: Path = Path()) -> Model:
    """Read a library model and check what it names. Raises AssetError with all findings.

    base : folder that a relative path is seen from (the scenario's)
    """
    return read_model(name_or_path, base).model


_cache: dict[Path, tuple[tuple[tuple[int, int], ...], Loaded]] = {}


def read_model(name_or_path: str, base: Path = Path()) -> Loaded:
    """Like `load_model`, with warnings and the files behind it. Unchanged files are read once a process."""
    folder = model_folder(name_or_path, base).resolve()
    known = _cache.get(folder)
    if known and known[0] == _stamp(known[1]):
        return known[1]
    loaded = read_folder(folder, read_model)
    _cache[folder] = (_stamp(loaded), loaded)
    return loaded


def _stamp(loaded: Loaded) -> tuple[tuple[int, int], ...]:
    """Size and time of change of each file behind a model."""
    stamp = []
    for _, path in loaded.files:
        try:
            status = path.stat()
            stamp.append((status.st_size, status.st_mtime_ns))
        except OSError:
            stamp.append((-1, -1))
    return tuple(stamp)
