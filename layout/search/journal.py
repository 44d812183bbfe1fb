"""The journal: every told candidate on disk, by Optuna's own journal format, before the next one is asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

STUDY = "layout"
REFUSED = "refused"


class Journal:
    """Mirror of the in-memory study. Without a path it remembers nothing."""

    def __init__(self, path: Path | None) -> None:
        self._study: optuna.Study | None = None
        if path is not None:
            _clean(path)
            storage = JournalStorage(JournalFileBackend(str(path)))
            begun = any(study.study_name == STUDY for study in storage.get_all_studies())
            make = optuna.load_study if begun else partial(optuna.create_study, direction="maximize")
            self._study = make(study_name=STUDY, storage=storage)

    def trials(self) -> list[FrozenTrial]:
        """Candidates told so far, in order."""
        return [] if self._study is None else self._study.get_trials(deepcopy=False)

    def add(self, trial: FrozenTrial) -> None:
        """Keep a told candidate."""
        if self._study is not None:
            self._study.add_trial(trial)

    def refused(self) -> dict[int, dict[str, Any]]:
        """Candidates refused among rigid bodies, by number: see `refuse`."""
        known = {} if self._study is None else self._study.user_attrs.get(REFUSED, {})
        return {int(number): record for number, record in known.items()}

    def refuse(self, records: Mapping[int, Mapping[str, Any]]) -> None:
        """Keep all that is known of candidates that were refused: how many had been told by then (`told`), and what
        the candidate is told as from then on."""
        if self._study is not None and dict(records) != self.refused():
            self._study.set_user_attr(REFUSED, {str(number): dict(record) for number, record in records.items()})


def _clean(path: Path) -> None:
    """A kill in the middle of a write leaves half a line, and what comes after it would be lost; and perhaps a lock."""
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with path.open("rb+") as file:
            file.truncate(whole)
