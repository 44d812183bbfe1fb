import json
import re
from dataclasses import asdict
from html.parser import HTMLParser

import pytest

from layout.errors import LayoutError
from layout.report import write_plans, write_report
from layout.report.headline import headline
from layout.report.reader import read_run

VOID = {"meta", "link", "img", "source", "br"}


@pytest.fixture(autouse=True)
def quick(request):
    """This file is about words: one test draws small pictures, the others none."""
    drawn = request.function is test_an_hour_and_the_flow
    request.getfixturevalue("coarse_pictures" if drawn else "blank_charts")


class Page(HTMLParser):
    """Text, tags and links of a page; fails on tags that are not closed in order."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.links, self.images, self.open = [], [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        self.links += [v for k, v in attributes if k in ("src", "href", "srcset", "action", "poster", "data")]
        if tag == "img":
            self.images.append(given["alt"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_says_what_came_out(fake, run):
    write_plans(run, {"start": fake.make_line(), "best": fake.make_line()})
    path = write_report(run)
    assert path == run / "report.html"
    page = read(path)
    lead = (
        "The best layout makes 131.2 ± 0.7 good parts per hour, 22 % more than today's 107.5 ± 0.6. "
        "The bottleneck is now mill; the machines alone would allow 140.2."
    )
    assert lead in page.text
    for words in (
        "16.4 m", "11.4 m", "−30 %", "6.87 ± 0.09 min", "68.3 m²", "39.4 ± 0.3 /h", "mill is busy 93 % of the time",
        "130.4 ± 0.6 /h", "129.4 ± 0.6 /h", "tender · dispatch", "longest waiting", "90°", "4.00 m",
        "40 layouts evaluated, 75 % of them feasible", "9f2c41d0a7", "0.1.0", "fresh seeds", "all evaluations done",
    ):  # fmt: skip
        assert words in page.text, words
    assert len(page.images) == 4 and all(page.images)  # two plans, the flow and the convergence
    assert "What stands in the way" not in page.text


def test_an_hour_and_the_flow(fake, run):
    page = read(write_report(fake.write_hour(run)))
    assert "An hour of the shift" in page.text and "Hour 2 of one simulated shift" in page.text
    assert "What flows where" in page.text and "Orange bands lead back" in page.text
    assert "thrown away" not in page.text
    assert "What each resource does in hour 2 of a simulated shift" in page.images
    (said,) = (words for words in page.images if words.startswith("Parts per hour"))
    assert "infeed to mill 131/h" in said and "wash to outfeed 120/h" in said
    for name in ("best_flow", "best_hour"):
        light, dark = fake.png_size(run / f"{name}.png"), fake.png_size(run / f"{name}_dark.png")
        assert light == dark and light[0] > light[1] / 2 > 50


def test_scrap_is_said(fake, tmp_path):
    best = fake.outcome_data(scrap_by_station={"wash": 4.5})
    page = read(write_report(fake.write_run(tmp_path / "run", {"start": None, "best": best, "runners_up": []})))
    assert "Brown bands are thrown away" in page.text


@pytest.mark.parametrize("hour", [0, -1, None, "x", 1e9])
def test_a_run_without_a_shown_hour(fake, run, hour):
    page = read(write_report(fake.write_hour(run, hour)))
    assert "An hour of the shift" not in page.text


def test_a_run_that_lost_its_hour(fake, run):
    (fake.write_hour(run) / "best_hour.csv").unlink()
    assert "An hour of the shift" not in read(write_report(run)).text


def test_a_broken_hour_is_named(fake, run):
    with (fake.write_hour(run) / "best_hour.csv").open("a") as file:
        file.write("1,wash")
    with pytest.raises(LayoutError, match=r"best_hour\.csv"):
        write_report(run)


def test_the_page_needs_nothing_from_outside(fake, run):
    (run / "best.png").write_bytes((write_plans(run, {"best": fake.make_line()})[0]).read_bytes())
    html = write_report(run).read_text(encoding="utf-8")
    page = Page(html)
    assert all(link.startswith("data:") for link in page.links)
    assert "script" not in page.tags and "iframe" not in page.tags
    assert not re.search(r"url\(|@import|https?:", re.sub(r"data:[^\"']*", "", html))


def test_hostile_names_stay_words(fake, tmp_path):
    evil = "<script>alert('1')</script>\"><img src=x onerror=alert(1)>"
    data = fake.outcome_data(
        resources={evil: {"working": 1.0}}, bottleneck=evil, layout={evil: {evil: evil}}, by_product={evil: None}
    )
    violation = {"rule": evil, "subjects": [evil], "amount": 1, "unit": evil, "reason": evil}
    bad = fake.infeasible_data(violations=[violation])
    for i, results in enumerate(({"start": bad, "best": data, "runners_up": [data]}, {"start": bad, "best": bad})):
        path = fake.write_run(tmp_path / str(i), results, name=evil, digest=evil, stopped=evil, sampler=evil)
        page = read(write_report(path))
        assert "script" not in page.tags
        assert "alert('1')" in page.text
        assert not any(link == "x" for link in page.links)


def test_no_feasible_layout(fake, tmp_path):
    bad = fake.infeasible_data()
    bad["violations"][0]["reason"] = "the press's door swings there"
    rows = [[0, "infeasible", 0.2, "", "", 120, "", "", "", "", "clearance", 3.0]]
    run = fake.write_run(tmp_path / "run", {"start": bad, "best": bad, "runners_up": []}, rows, evaluations=1)
    write_plans(run, {"best": fake.make_line()})
    page = read(write_report(run))
    for words in (
        "No feasible layout was found in 1 evaluation.",
        "What stands in the way",
        "clearance",
        "the press's door swings there",
        "0.123\u00a0m",
        "138.0",
    ):
        assert words.replace("\u00a0", " ") in page.text
    assert "fresh seeds" not in page.text and "Start and best" not in page.text
    assert page.images == ["Floor plan of the least violating layout. mill at x 4.0 m, y 4.6 m"]


def test_nothing_at_all(fake, tmp_path):
    run = fake.write_run(tmp_path / "run", {"start": None, "best": None, "runners_up": []}, [], evaluations=0)
    assert "did not keep a layout" in read(write_report(run)).text
    assert not list(run.glob("*.png"))


def test_one_trial_and_missing_pictures(fake, tmp_path):
    rows = [[0, "feasible", 0.9, 131.0, 1.1, 139.0, 412, 14, 11.4, 68, "", 3.0]]
    run = fake.write_run(tmp_path / "run", {"start": None, "best": fake.outcome_data(), "runners_up": []}, rows)
    (run / "best.png").write_bytes(b"")
    page = read(write_report(run))
    assert len(page.images) == 2 and "In 3-D" not in page.text  # the flow and the convergence
    assert "The best layout makes 131.2 ± 0.7 good parts per hour. The bottleneck is mill;" in page.text


def test_thirty_machines_with_long_names(fake, tmp_path):
    line = fake.dense_line()
    flow = fake.dense_flow(line)
    data = fake.outcome_data(
        resources=dict(flow.resources), bottleneck=flow.bottleneck, moves=[asdict(m) for m in flow.moves],
        layout={name: {"x": 1.0, "y": 2.0, "yaw": 180.0} for name in line.stations},
    )  # fmt: skip
    run = fake.write_run(tmp_path / "run", {"start": data, "best": data, "runners_up": [data] * 4})
    page = read(write_report(run))
    assert all(name in page.text for name in line.stations)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (
            {"throughput_per_h": {"mean": 131.0, "half_width": 0.7, "level": 0.95, "n": 10}},
            "as far as the simulation can tell",
        ),
        (
            {"throughput_per_h": {"mean": 150.0, "half_width": 0.7, "level": 0.95, "n": 10}},
            "13 % less than today's 150.0 ± 0.7",
        ),
    ],
)
def test_the_headline_claims_no_more_than_the_intervals_allow(fake, tmp_path, start, said):
    results = {"start": fake.start_data(**start), "best": fake.outcome_data(), "runners_up": []}
    assert said in headline(read_run(fake.write_run(tmp_path / "run", results)))


def test_an_infeasible_start_is_explained(fake, tmp_path):
    results = {"start": fake.infeasible_data(), "best": fake.outcome_data(), "runners_up": []}
    page = read(write_report(fake.write_run(tmp_path / "run", results)))
    assert "What it makes" in page.text and "Start and best" not in page.text
    assert "today's layout breaks a rule" in page.text and "Why the start layout has no figures" in page.text


@pytest.mark.parametrize("missing", ["run.json", "results.json"])
def test_not_a_run_folder(run, missing):
    (run / missing).unlink()
    with pytest.raises(LayoutError, match=re.escape(missing)):
        write_report(run)


def test_broken_results(run, tmp_path):
    with pytest.raises(LayoutError, match="not a run folder"):
        write_report(tmp_path / "nowhere")
    (run / "results.json").write_text(json.dumps({"best": {"feasible": True, "violations": [{}]}}))
    with pytest.raises(LayoutError, match="cannot be understood"):
        write_report(run)
    (run / "results.json").write_text("{")
    with pytest.raises(LayoutError, match=r"results\.json"):
        write_report(run)


def test_a_line_cut_off_in_trials_is_left_out(run):
    with (run / "trials.csv").open("a") as file:
        file.write("4")
    before = len(read_run(run).trials)
    with (run / "trials.csv").open("a") as file:
        file.write("x,feas")
    assert len(read_run(run).trials) == before - 1
    (run / "trials.csv").unlink()
    assert read_run(run).trials == ()


def test_the_command_prints_the_path(run, capsys):
    from layout.cli.report import report

    report(run)
    assert capsys.readouterr().out.strip() == str(run / "report.html")
