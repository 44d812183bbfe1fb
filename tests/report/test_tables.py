import io
from dataclasses import asdict, replace

import pytest
from rich.console import Console

from layout.model.evaluation import Evaluation
from layout.model.line import Layout
from layout.model.results import Estimate, Gain, Violation
from layout.report.headline import bottleneck_meaning
from layout.report.outcome import outcome_from_json
from layout.report.tables import comparison_table, evaluation_tables, state_bar


def printed(*things):
    console = Console(file=io.StringIO(), width=110)
    console.print(*things, sep="\n")
    return console.file.getvalue()


def test_an_evaluation_and_its_data_print_alike(fake, line):
    flow = fake.make_flow(line)
    objectives = fake.outcome_data()["objectives"]
    evaluation = Evaluation(Layout({}), (), 138.04, flow=flow, objectives=objectives)
    assert printed(*evaluation_tables(evaluation)) == printed(*evaluation_tables(fake.outcome_data()))


def test_an_evaluation_says_what_it_makes_and_who_limits_it(fake):
    said = printed(*evaluation_tables(fake.outcome_data()))
    for words in (
        "131.2 ± 0.7 /h",
        "6.87 ± 0.09 min",
        "138.0 /h",
        "mill ◂ bottleneck",
        "93 %",
        "95 % interval from 10",
    ):
        assert words in said


def test_energy_scrap_and_due_times_are_shown_where_a_line_has_them(fake, line):
    plain = printed(*evaluation_tables(Evaluation(Layout({}), (), 138.04, flow=fake.make_flow(line))))
    assert not any(words in plain for words in ("energy", "scrap", "on time", "overdue"))
    known = replace(
        fake.make_flow(line), energy_kwh_per_part=fake.estimate(0.052, 0.001), on_time=fake.estimate(0.91, 0.02),
        tardiness_s=fake.estimate(66.0, 4.0), scrap_per_h=fake.estimate(2.5, 0.3),
    )  # fmt: skip
    said = printed(*evaluation_tables(Evaluation(Layout({}), (), 138.04, flow=known, objectives={"scrap": 2.5})))
    for words in ("52.0 ± 1.0 Wh", "91 ± 2 %", "66 ± 4 s", "2.5 ± 0.3 /h"):
        assert words in said


def test_an_infeasible_layout_says_what_stands_in_the_way(fake):
    said = printed(*evaluation_tables(fake.infeasible_data()))
    for words in ("not feasible", "clearance", "mill, fire exit", "0.5\u00a0m²", "138.0 /h"):
        assert words in said


def test_why_a_rule_is_broken_is_said_where_the_rule_says_too_little(fake):
    missed = Violation("reach", ("mill", "tender"), 0.2, "m", reason="port table: out of reach")
    evaluation = Evaluation(Layout({}), (missed,), 138.04)
    assert "port table: out of reach" in printed(*evaluation_tables(evaluation))
    assert "port table: out of reach" in printed(*evaluation_tables(fake.infeasible_data(violations=[asdict(missed)])))
    assert "why" not in printed(*evaluation_tables(fake.infeasible_data()))


def test_one_long_run_has_batches(fake):
    said = printed(*evaluation_tables(fake.outcome_data(replications=1)))
    assert "95 % interval from 10 batches of one run" in said


def test_a_line_that_stands_still_has_no_bottleneck(fake):
    ring = asdict(Violation("deadlock", ("mill", "saw"), 7.5, "h"))
    said = printed(*evaluation_tables(fake.outcome_data(feasible=False, violations=[ring])))
    assert "came to a standstill" in said and "% of the time" not in said and "told from chance" not in said


def test_comparison(fake):
    said = printed(comparison_table(fake.start_data(), fake.outcome_data()))
    for words in ("107.5 ± 0.6 /h", "131.2 ± 0.7 /h", "+22 %", "16.4 m", "11.4 m", "−30 %"):
        assert words in said
    assert "131.2" in printed(comparison_table(None, fake.outcome_data()))


def test_the_ceiling_is_exact_where_both_layouts_have_an_exact_one(fake):
    start, best = fake.start_data(exact_per_h=108.25), fake.outcome_data(exact_per_h=132.5)
    said = printed(comparison_table(start, best))
    assert "ceiling (exact)" in said and "108.2 /h" in said and "132.5 /h" in said and "138.0 /h" not in said
    mixed = printed(comparison_table(fake.start_data(), best))
    rows = {line.split("  ")[0].strip(): line for line in mixed.splitlines()}
    assert "138.0 /h" in rows["ceiling"] and "132.5" not in rows["ceiling"]
    assert "132.5 /h" in rows["ceiling (exact)"] and "138.0" not in rows["ceiling (exact)"]
    assert "exact" not in printed(comparison_table(fake.start_data(), fake.outcome_data()))


def test_names_are_no_markup(fake):
    data = fake.outcome_data(resources={"[red]mill[/red]": {"working": 1.0}}, bottleneck="[red]mill[/red]")
    assert "[red]mill[/red]" in printed(*evaluation_tables(data))


def test_a_state_bar_is_as_long_as_it_says():
    for shares in ({"working": 1.0}, {"working": 1 / 3, "blocked": 1 / 3, "starved": 1 / 3}, {}, {"odd": 0.4}):
        assert len(state_bar(shares, 24)) == 24


def gain(resource, mean, half_width=0.5, **more):
    return Gain(resource, **{"step": 0.01, **more}, per_h=Estimate(mean, half_width, 0.95, 10))


def test_what_more_speed_and_one_more_person_bring(fake, line):
    flow = fake.make_flow(line)
    gains = (gain("crew", 12.0, step=1.0, of="people"), gain("wash", 1.4, 0.1), gain("mill", 0.1))
    said = printed(*evaluation_tables(Evaluation(Layout({}), (), 138.04, flow=flow, gains=gains)))
    assert "one more person among crew" in said and "+12.0 ± 0.5 /h" in said
    assert "1 % more speed of wash" in said and "speed of mill" not in said
    assert "The throughput follows the speed of wash most." in " ".join(said.split())
    nothing = tuple(replace(each, per_h=Estimate(0.1, 0.5, 0.95, 10)) for each in gains)
    said = printed(*evaluation_tables(Evaluation(Layout({}), (), 138.04, flow=flow, gains=nothing)))
    assert "1 % more speed of any one resource or one more person anywhere brings nothing that can be told" in said


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({"working": 0.6, "unattended": 0.3, "starved": 0.1}, "mostly it waits for somebody to tend it"),
        ({"working": 0.30, "down": 0.03, "off_shift": 0.66}, "cannot win much more"),
        ({"working": 0.30, "starved": 0.34, "off_shift": 0.36}, "mostly it waits for parts"),
        ({"working": 0.80, "setup": 0.10, "starved": 0.10}, "So would fewer or shorter set-ups, or larger batches."),
    ],
)
def test_what_limits_is_said_of_the_time_that_it_could_work(fake, states, said):
    outcome = outcome_from_json(fake.outcome_data(resources={"mill": states}, bottleneck="mill"))
    assert said in bottleneck_meaning(outcome)
