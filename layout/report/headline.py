"""A run's outcome in plain sentences."""

from __future__ import annotations

from layout.report import canvas, words
from layout.report.measures import MEASURES, significant, text, value_of
from layout.report.outcome import Outcome
from layout.report.reader import Run
from layout.report.search import selected
from layout.report.words import Unit

PER_H = Unit(1, "")
SATURATED = 0.85


def headline(run: Run) -> str:
    """One sentence that says what came out."""
    best, start = run.best, run.start
    if best is not None and best.feasible and best.throughput_per_h is None:
        return _planned(run, best, start)
    if best is None or not best.feasible or best.throughput_per_h is None:
        if best is not None and best.verdict is not None and best.verdict.refused:
            return f"Every layout that could be called best was refused: the best {words.verdict_words(best.verdict)}."
        tried = len(run.trials) or _count(run, "evaluations")
        return f"No feasible layout was found in {words.number(tried, 0)} evaluation{'s' if tried != 1 else ''}."
    made = best.throughput_per_h
    said = f"The best layout makes {words.estimate(made, PER_H)} good parts per hour"
    if start is not None and start.throughput_per_h is not None and start.feasible:
        today = start.throughput_per_h
        if not significant(today, made):
            said += (
                f", no more and no less than today's {words.estimate(today, PER_H)} as far as the simulation can tell"
            )
        else:
            change = words.change(today.mean, made.mean).lstrip("+−")
            said += (
                f", {change} {'more' if made.mean > today.mean else 'less'} than today's {words.estimate(today, PER_H)}"
            )
    elif start is not None and start.violations:
        said += "; today's layout breaks a rule, so there is nothing to compare it with"
    said += "."
    said += f" {sure}" if (sure := selected(run.search.get("selection"))) else ""
    ends = []
    if best.bottleneck:
        now = "now " if start is not None and start.bottleneck and start.bottleneck != best.bottleneck else ""
        ends.append(f"the bottleneck is {now}{best.bottleneck}")
    if run.ceiling_per_h is not None:
        ends.append(f"the machines alone would allow {words.significant(run.ceiling_per_h, 4)}")
    if ends:
        rest = "; ".join(ends)
        said += f" {rest[0].upper()}{rest[1:]}."
    return said


def _planned(run: Run, best: Outcome, start: Outcome | None) -> str:
    """The same of a layout that nothing needed to be simulated for: by its first aim."""
    measure = run.aims[0].measure if run.aims else "floor_area"
    shown, found = MEASURES[measure], value_of(best, measure)
    if found is None:
        return f"{words.NOT_SIMULATED.capitalize()}."
    said = f"The best layout has a {shown.words} of {text(found, shown.unit(found.mean))}"
    today = value_of(start, measure) if start is not None and start.feasible else None
    if today is not None and today.mean != found.mean:
        change = words.change(today.mean, found.mean).lstrip("+−")
        was = text(today, shown.unit(today.mean))
        said += f", {change} {'more' if found.mean > today.mean else 'less'} than the start's {was}"
    return f"{said}. {words.NOT_SIMULATED.capitalize()}."


def bottleneck_meaning(outcome: Outcome) -> str:
    """What the bottleneck's time says about what would help."""
    name = outcome.bottleneck
    states = outcome.resources.get(name, {})
    if not states:
        return ""
    if outcome.stands_still:
        return "The line came to a standstill: what limits it shows without the deadlock."
    busy = outcome.busy(name)
    is_arm = any(state in states for state in ("moving_empty", "moving_loaded", "handling"))
    down = states.get("down", 0.0)
    full = SATURATED * (1 - states.get("off_shift", 0.0))  # of the time that anybody is there
    said = f"{name} is busy {words.percent(busy)} of the time"
    rest = [
        f"{canvas.state_word(state).split(' (')[0]} {words.percent(states[state])}"
        for state in ("down", "charging", "blocked", "starved", "unattended", "waiting", "off_shift")
        if states.get(state, 0.0) >= 0.005
    ]
    said += f" ({', '.join(rest)})." if rest else "."
    if busy + down >= full and is_arm:
        uses = ("handling", "moving_loaded", "moving_empty")
        parts = [f"{words.percent(states.get(state, 0.0))} {canvas.state_word(state)}" for state in uses]
        said += f" Its time goes into {parts[0]}, {parts[1]} and {parts[2]}."
        return said + " More would come of shorter ways, a faster programme, quicker grips, or a second robot."
    if busy + down >= full:
        said += " Where things stand cannot win much more: a shorter process time or one more such machine would."
        said += " So would fewer or shorter set-ups, or larger batches." if states.get("setup", 0.0) >= 0.03 else ""
        return said + (" So would fewer or shorter stops." if down >= 0.03 else "")
    worst = max((states.get(state, 0.0), state) for state in ("blocked", "starved", "down", "unattended"))
    if worst[0] < 0.05:
        return said + " No resource is used to the full."
    cause = {
        "blocked": "it waits for room behind it: look at what takes its parts away, and at buffers after it",
        "starved": "it waits for parts: look at what feeds it, and at buffers before it",
        "down": "it is stopped: fewer or shorter stops would help most",
        "unattended": "it waits for somebody to tend it: look at the people, and at what else they do",
    }[worst[1]]
    return f"{said} It is not used to the full; mostly {cause}."


def stopping(run: Run) -> str:
    """How many candidates, how many of them feasible, why it ended."""
    tried = _count(run, "evaluations") or len(run.trials)
    share = run.facts.get("feasible_share")
    if not isinstance(share, (int, float)) and run.trials:
        share = sum(trial.feasible for trial in run.trials) / len(run.trials)
    said = f"{words.number(tried, 0)} layout{'s' if tried != 1 else ''} evaluated"
    if isinstance(share, (int, float)):
        said += f", {words.percent(float(share))} of them feasible"
    return said


def _count(run: Run, name: str) -> int:
    value = run.facts.get(name)
    return int(value) if isinstance(value, (int, float)) else 0
