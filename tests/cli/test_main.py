"""The command itself: help, version, exit codes, and one place for errors."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli import main
from layout.cli.main import COMMANDS, app
from layout.errors import Problem, SceneError

run = CliRunner()


def layout(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from layout.cli.main import run; run()"
    environment = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2])}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment)


def test_help_lists_every_command() -> None:
    result = run.invoke(app, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = run.invoke(app, [name, "--help"])
    assert result.exit_code == 0
    function = getattr(importlib.import_module(COMMANDS[name]), COMMANDS[name].rpartition(".")[2])
    assert function.__doc__.split()[0] in result.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['layout', '--help']\n"
        "from layout.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pydantic', 'trimesh', 'pybullet', 'optuna', 'matplotlib', 'numba', 'scipy'}\n"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stderr.strip() == ""


def test_usage_errors() -> None:
    assert run.invoke(app, ["check"]).exit_code == 2
    assert run.invoke(app, ["--nonsense"]).exit_code == 2
    result = run.invoke(app, ["chekc"])
    assert result.exit_code == 2
    assert "did you mean 'check'?" in " ".join(result.output.split())


def test_version() -> None:
    result = run.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("layout ")


def command(monkeypatch: pytest.MonkeyPatch, what: object) -> None:
    """Replace `layout schema` by something that raises, or returns, `what`."""
    from layout.cli import schema

    def replaced() -> object:
        """Do something else."""
        if isinstance(what, BaseException):
            raise what
        return what

    monkeypatch.setattr(schema, "schema", replaced)


def test_a_layout_error_becomes_words(monkeypatch: pytest.MonkeyPatch) -> None:
    command(monkeypatch, SceneError([Problem("the floor is wet", "floor", "2 mm", "wipe it", "a.yaml", 3)]))
    result = run.invoke(app, ["schema"])
    assert result.exit_code == 2
    assert result.stderr == "a.yaml:3  floor\n    the floor is wet (got 2 mm)\n    -> wipe it\n"


@pytest.mark.parametrize(
    ("what", "code"),
    [(None, 0), (0, 0), (1, 1), (KeyboardInterrupt(), 130), (PermissionError(13, "Permission denied", "x.yaml"), 2)],
)
def test_exit_codes(monkeypatch: pytest.MonkeyPatch, what: object, code: int) -> None:
    command(monkeypatch, what)
    result = run.invoke(app, ["schema"])
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_a_defect_is_called_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command(monkeypatch, ZeroDivisionError("oh"))
    monkeypatch.setattr(sys, "argv", ["layout", "schema"])
    with pytest.raises(SystemExit) as stopped:
        main.run()
    assert stopped.value.code == 70
    assert "This is a defect in layout" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "from layout.cli.main import run; run()"
    environment = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", code, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        assert child.wait(20) != 0
        assert child.stderr.read() == b""


def test_bad_input_as_a_shell_sees_it() -> None:
    done = layout("check", "nothing.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("nothing.yaml\n    no such file\n")
