"""layout optimize: search the best layout and write a run folder."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from layout.errors import SearchError

if TYPE_CHECKING:
    from rich.console import Console

    from layout.search import Run


def optimize(
    file: Annotated[Optional[Path], typer.Argument(help="Scenario file.")] = None,  # noqa: UP045
    evaluations: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Candidates to evaluate at most (default 300; with --timeout: no limit).", min=1),
    ] = None,
    timeout: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Time after which no more candidates are begun, such as 10min. The last word is said after it. "
            "Only with it does the clock decide where a search ends.",
            metavar="TIME",
        ),
    ] = None,
    patience: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="End when nothing has improved for so many evaluations.", min=1),
    ] = None,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Look for the layouts that no other beats in all objectives.")
    ] = False,
    sampler: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Who proposes candidates: layout (default), tpe, cma, nsga2, random or grid."),
    ] = None,
    seed: Annotated[Optional[int], typer.Option(help="Seed of the search.", min=0)] = None,  # noqa: UP045
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: all cores).", min=1)] = None,  # noqa: UP045
    out: Annotated[Optional[Path], typer.Option(help="Run folder to write (default: runs/<name>).")] = None,  # noqa: UP045
    resume: Annotated[Optional[Path], typer.Option(help="Run folder to go on with.")] = None,  # noqa: UP045
    from_: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", help="Run folder from whose best layout a new run goes on, with --pin and --forbid."),
    ] = None,
    pin: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="With --from: what stands fast where that layout has it. May be given again."),
    ] = None,
    forbid: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help=r"With --from: a zone to keep clear by its corners (m), \[[1, 2], [3, 2], [3, 4]]. May be repeated.",
            metavar="ZONE",
        ),
    ] = None,
    prove: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Simulated time for which the best few are run as rigid bodies before one is called best, or off "
            "(default: 3 min).",
            metavar="TIME",
        ),
    ] = None,
) -> int:
    """Search positions, orientations and settings. Exit code 1 if no feasible layout was found."""
    from rich.console import Console

    from layout.cli.inputs import say_when_waiting
    from layout.cli.misfits import line_of, misfits
    from layout.cli.problems import print_problems
    from layout.files.runs import RunFolder
    from layout.files.scenario import load_scenario
    from layout.files.what_if import what_if
    from layout.report.pictures import write_pictures
    from layout.report.run import write_report
    from layout.search import optimize as search

    console = Console()
    prove_s = _proof(prove)
    timeout_s = None if timeout is None else _time("--timeout", timeout, "a search takes some time", "say 10min")
    if from_ is None and (pin or forbid):
        raise SearchError("--pin and --forbid go with --from and the run folder whose best layout they mean")
    with ExitStack() as stack:
        if resume is not None:
            if file is not None or out is not None or from_ is not None:
                raise SearchError(
                    "--resume takes the scenario from its run folder; give neither FILE, --out nor --from with it"
                )
            folder = RunFolder(resume)
            settings, scenario, out = folder.settings(), folder.scenario(), resume
            seed = settings["seed"] if seed is None else seed
            if evaluations is None and timeout is None:
                evaluations = settings.get("asked", settings["evaluations"])
            patience = settings.get("patience") if patience is None else patience
            pareto = pareto or bool(settings.get("pareto"))
            sampler = settings.get("sampler") if sampler is None else sampler
            prove_s = settings.get("prove_s") if prove is None else prove_s
        elif from_ is not None:
            if file is not None:
                raise SearchError("--from takes the scenario from its run folder; give no FILE with it")
            held = Path(stack.enter_context(TemporaryDirectory()))
            scenario = load_scenario(what_if(RunFolder(from_), pin or [], forbid or [], held))
            out = out or _fresh(Path("runs") / from_.resolve().name)
        elif file is None:
            raise SearchError("name a scenario file, or a run folder with --resume or --from")
        else:
            say_when_waiting()
            scenario = load_scenario(file)
            out = out or _fresh(Path("runs") / file.stem)
            if prove_s != 0.0:  # found out by proofs only, one layout after the other
                print_problems(misfits(line_of(scenario, most=True), file), style="yellow")
        with _Bar(console) as bar:
            try:
                run = search(
                    scenario,
                    evaluations=evaluations,
                    seed=seed,
                    workers=workers or os.cpu_count() or 1,
                    out=out,
                    resume=resume is not None,
                    prove_s=prove_s,
                    patience=patience,
                    timeout_s=timeout_s,
                    pareto=pareto,
                    sampler=sampler or "layout",
                    on_progress=bar.show,
                )
            except KeyboardInterrupt:
                bar.stop()
                console.print(f"Stopped; nothing told is lost. Go on with: layout optimize --resume {out}")
                raise
    write_pictures(out)
    page = write_report(out)
    _print(console, run)
    console.print(f"\nRun folder [bold]{out}[/]: open [bold]{page}[/], or look around with 'layout view {out}'")
    return 0 if run.best.feasible else 1


def _print(console: Console, run: Run) -> None:
    from layout.files.results import evaluation_to_json
    from layout.report.search import front_table, front_words, selected
    from layout.report.tables import comparison_table, evaluation_tables
    from layout.report.words import verdict_words
    from layout.search.found import front_facts

    start, best = (evaluation_to_json(e, run.scenario) for e in (run.start, run.best))
    if run.best.feasible:
        console.print(comparison_table(start, best))
    elif run.all_refused:
        console.print(f"[bold red]All {run.refused} best layouts were refused as rigid bodies.[/] The first of them:")
        console.print(*evaluation_tables(best), sep="\n")
    else:
        console.print("[bold red]No feasible layout found.[/] The least violating one, and what stands in the way:")
        console.print(*evaluation_tables(best), sep="\n")
    if run.front is not None and run.best.feasible:
        found = [evaluation_to_json(evaluation, run.scenario) for evaluation in (run.best, *run.runners_up)]
        facts = front_facts(run.front)
        console.print(front_table(found, facts["shown"], [aim.measure for aim in run.scenario.spec.objectives]))
        console.print(front_words(facts), markup=False)
    if run.selection is not None:
        console.print(selected(asdict(run.selection)).replace("it is", "the best layout is", 1), markup=False)
    if run.best.verdict is not None:
        console.print(f"Best layout {verdict_words(run.best.verdict)}.", markup=False)
    if run.refused and not run.all_refused:
        some = "1 layout was" if run.refused == 1 else f"{run.refused} layouts were"
        console.print(f"{some} refused as rigid bodies before it: results.json says why.")
    plural = "" if run.evaluations == 1 else "s"
    console.print(f"Stopped after {run.evaluations} evaluation{plural}: {run.stopped}.")
    if run.crashed:
        console.print(f"{run.crashed} of {run.evaluations} candidates crashed: they are 'failed' in trials.csv.")


def _proof(text: str | None) -> float | None:
    """Simulated time (s) that `--prove` asks for; None: nothing was said."""
    if text is None:
        return None
    return 0.0 if text.strip() == "off" else _time("--prove", text, "a proof takes some time", "or 'off'")


def _time(option: str, text: str, none: str, hint: str) -> float:
    """Time (s) that an option gives. none : what is wrong with no time at all"""
    from layout.errors import Problem
    from layout.units import parse

    try:
        asked_s = parse(text, "time")
    except ValueError as error:
        raise SearchError(Problem(str(error), where=option, value=text, hint=hint)) from None
    if asked_s <= 0:
        raise SearchError(Problem(none, where=option, value=text, hint=hint))
    return asked_s


def _fresh(path: Path) -> Path:
    """The path, or the path with the first number at its end that is not taken."""
    taken, number = path, 1
    while taken.exists():
        number += 1
        taken = path.with_name(f"{path.name}-{number}")
    return taken


class _Bar:
    """Progress with best so far, the machines' ceiling, share feasible and time left; lines where no terminal is."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = console
        self._said = -1
        self._progress = Progress(
            BarColumn(bar_width=14),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("starting workers", total=None)

    def show(self, state: object) -> None:
        from layout.search import Progress

        assert isinstance(state, Progress)
        best = "none feasible yet"
        if state.best is not None:
            value = state.best["throughput" if state.ceiling_per_h else state.aim]
            best = f"best {value:.1f}" if state.ceiling_per_h else f"best {state.aim.replace('_', ' ')} {value:.10g}"
        share = state.feasible / state.told if state.told else 0.0
        ceiling = f" of at most {state.ceiling_per_h:.1f}/h" if state.ceiling_per_h else ""
        text = f"{best}{ceiling}, {share:.0%} feasible"
        if state.stage != "searching":
            text = f"{text}; {state.stage}"
        self._progress.update(self._task, description=text, completed=state.told, total=state.evaluations)
        tenth = 10 * state.told // state.evaluations if state.evaluations else state.told // 100
        if not self._console.is_terminal and tenth > self._said:
            self._said = tenth
            told = f"{state.told} of {state.evaluations}" if state.evaluations else f"{state.told}"
            self._console.print(f"{told}: {text}", soft_wrap=True)

    def stop(self) -> None:
        self._progress.stop()

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
