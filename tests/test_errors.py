"""Ctrl-C is an interrupt wherever it falls."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from layout.cli import check
from layout.cli.main import STOPPED, app
from layout.errors import plain_interrupts


def careless() -> None:
    """What Python raises where an extension returns a result although a callback of its was interrupted."""
    raise SystemError("returned a result with an exception set") from KeyboardInterrupt()


def test_an_interrupt_inside_compiled_code_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), plain_interrupts():
        careless()


def test_other_system_errors_stay_what_they_are() -> None:
    with pytest.raises(SystemError, match="bad argument"), plain_interrupts():
        raise SystemError("bad argument") from ValueError()


def test_the_command_says_that_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check", careless)
    assert CliRunner().invoke(app, ["check"]).exit_code == STOPPED
