import pytest

from layout.report import canvas, figures
from layout.report.outcome import outcome_from_json
from layout.report.reader import Aim, Trial, read_run


def trials(count):
    return [
        Trial(i, "infeasible", {})
        if i % 3 == 0
        else Trial(i, "feasible", {"throughput_per_h": 100.0 + i, "lead_time_s": 400.0 - i})
        for i in range(count)
    ]


@pytest.mark.parametrize("theme", [canvas.LIGHT, canvas.DARK])
def test_all_charts(fake, run, tmp_path, theme):
    found = read_run(run)
    paths = [
        figures.draw_states(found.best, tmp_path / "states.png", theme=theme),
        figures.draw_states(fake.make_flow(fake.make_line()), tmp_path / "states2.png", theme=theme),
        figures.draw_comparison(found.start, found.best, tmp_path / "comparison.png", theme=theme),
        figures.draw_convergence(
            found.trials,
            tmp_path / "convergence.png",
            ceiling_per_h=140.2,
            start=found.start,
            best=found.best,
            theme=theme,
        ),
    ]
    assert all(fake.png_size(path)[0] > 900 for path in paths)


@pytest.mark.parametrize("count", [0, 1, 2, 900])
def test_convergence_with_any_number_of_trials(tmp_path, count):
    figures.draw_convergence(trials(count), tmp_path / "c.png", ceiling_per_h=140.0)
    figures.draw_convergence(trials(count), tmp_path / "d.png", aim=Aim("lead_time", False, 0.01))


def test_best_so_far_rises_and_falls_with_the_aim(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(canvas, "save", lambda figure, path: kept.append(figure))
    shuffled = [Trial(i, "feasible", {"wip": v}) for i, v in enumerate((5.0, 7.0, 3.0, 4.0))]
    for more in (True, False):
        figures.draw_convergence(shuffled, tmp_path / "c.png", aim=Aim("wip", more, 0.01))
    up, down = ([list(map(float, drawn.get_ydata())) for drawn in figure.axes[0].lines] for figure in kept)
    assert [5.0, 7.0, 7.0, 7.0, 7.0] in up
    assert [5.0, 5.0, 3.0, 3.0, 3.0] in down


def test_comparison_without_a_simulated_start(fake, tmp_path):
    best = outcome_from_json(fake.outcome_data())
    bad = outcome_from_json(fake.infeasible_data())
    figures.draw_comparison(None, best, tmp_path / "a.png")
    figures.draw_comparison(bad, best, tmp_path / "b.png")


def test_states_of_many_resources_with_long_names(fake, tmp_path):
    data = fake.outcome_data()
    states = {"working": 0.5, "strange_state": 0.2, "blocked": 0.3}
    data["resources"] = {f"machine $with$ a very long name indeed {i}": states for i in range(34)}
    figures.draw_states(outcome_from_json(data), tmp_path / "s.png")


@pytest.mark.parametrize("colour", [*canvas.STATE_COLOURS.values(), canvas.OTHER_STATE])
def test_text_on_state_colours_can_be_read(colour):
    def luminance(hexadecimal):
        channels = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(colour), luminance(canvas.text_on(colour))))
    assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2.2, 1.4.3
