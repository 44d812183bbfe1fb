"""What the README says, done: its commands, its scenario, its Python; and every scenario in experiments/."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layout.cli.main import app

pytestmark = pytest.mark.usefixtures("coarse_pictures")
ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LAYOUT = str(Path(sys.executable).with_name("layout"))


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def layout(*words: str) -> str:
    """The command, in this process."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, f"layout {' '.join(words)}\n{done.output}"
    return done.stdout


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.S)
    assert found
    return found[1]


def test_commands_of_the_first_five_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^    \.venv/bin/layout (.*?)(?:  +#.*)?$", README, re.M)
    assert [command.split()[0] for command in commands] == [
        "new", "check", "bound", "evaluate", "limits", "optimize", "compare", "prove", "view",
    ]  # fmt: skip
    for command in commands:
        words = command.replace("--evaluations 100", "--evaluations 4").split()
        if words[0] == "prove":  # twenty minutes among bodies: tests/cli proves a smaller run
            assert "rigid bodies" in layout("prove", "--help")
        elif words[0] == "new":  # the command as it was installed
            run(LAYOUT, *words, cwd=tmp_path)
        elif words[0] != "view":  # needs a screen: tests/viewer opens it on a virtual one
            layout(*words)
    assert (tmp_path / "my-cell.plan.png").stat().st_size > 10_000
    assert "good parts" in (tmp_path / "runs/my-cell/report.html").read_text(encoding="utf-8")


def test_scenario_in_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two-mills.yaml").write_text(block("yaml"), encoding="utf-8")
    layout("check", "two-mills.yaml", "--no-draw")
    layout("optimize", "two-mills.yaml", "--evaluations", "8", "--workers", "1", "--out", "run")


def test_python_in_the_readme(tmp_path: Path) -> None:
    code = block("python").replace("evaluations=50", "evaluations=4")
    code = code.replace("experiments/machining_cell.yaml", str(ROOT / "experiments/machining_cell.yaml"))
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    assert "Estimate(mean=" in run(sys.executable, "example.py", cwd=tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    layout("check", str(path))
    request.getfixturevalue("blank_charts")  # of these a search draws more: the README's commands look at them
    layout("evaluate", str(path), "--replications", "2", "--json")
    layout("optimize", str(path), "--evaluations", "4", "--workers", "1", "--prove", "off", "--out", "run")


def test_wheel_holds_assets_and_experiments(tmp_path: Path) -> None:
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(tmp_path), str(ROOT)),
        cwd=tmp_path,
    )
    import zipfile

    names = zipfile.ZipFile(next(tmp_path.glob("line_layout-*.whl"))).namelist()
    for name in ("assets/arm_16kg_r2010/arm.urdf", "assets/cnc_mill/hulls.obj", "experiments/machining_cell.yaml"):
        assert f"layout/_data/{name}" in names
    assert "layout/report/templates/report.html.j2" in names


def test_scenario_reference_is_current() -> None:
    assert run(
        sys.executable, "-c", "import build_reference; print(build_reference.page(), end='')", cwd=ROOT / "docs"
    ) == (ROOT / "docs/scenario.md").read_text(encoding="utf-8")


def test_scenario_reference_leaves_nothing_out() -> None:
    from layout.model.scenario import ScenarioSpec

    page = (ROOT / "docs/scenario.md").read_text(encoding="utf-8")
    schema = ScenarioSpec.model_json_schema(by_alias=True)
    for noun, definition in schema["$defs"].items():
        assert f"\n## {noun.removesuffix('Spec')}\n" in page, noun
        for key in definition["properties"]:
            assert f"| `{key}` |" in page, f"{noun}.{key}"
