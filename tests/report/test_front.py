"""A front of several objectives on the page: what is drawn, and that a click shows the layout."""

import json
import shutil
from dataclasses import asdict
from html import unescape

import pytest

from layout.report import write_report
from layout.report.front import front_view, members
from layout.report.reader import read_run
from tests.report.test_browser import chromium

pytestmark = pytest.mark.usefixtures("blank_charts")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FIGURES = ((131.2, 11.4), (120.0, 9.0), (90.0, 12.0), (100.0, 7.5))  # throughput, handling; the third is beaten

# Clicks each point in turn, and says which members can be seen then, in the page's body.
CLICKS = """<script>
const seen = () => [...document.querySelectorAll(".member")].filter(m => getComputedStyle(m).display !== "none")
  .map(m => m.id);
const found = [["", seen()]];
const links = [...document.querySelectorAll("#front svg a")];
const next = i => {
  if (i === links.length) { document.body.dataset.found = JSON.stringify(found); return; }
  links[i].dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, view: window}));
  setTimeout(() => { found.push([links[i].getAttribute("href"), seen()]); next(i + 1); }, 50);
};
next(0);
</script></body>"""


@pytest.fixture
def run(fake, tmp_path):
    def made(throughput, handling):
        objectives = fake.outcome_data()["objectives"] | {"throughput": throughput, "handling_distance": handling}
        return fake.outcome_data(throughput_per_h=asdict(fake.estimate(throughput)), objectives=objectives)

    best, *others = (made(*figures) for figures in FIGURES)
    front = {"size": 5, "hypervolume": 0.71, "shown": ["best", "runner_up_1", "runner_up_3"]}
    results = {"start": fake.start_data(), "best": best, "runners_up": others, "search": {"front": front}}
    return fake.write_run(tmp_path / "run", results)


def test_members_are_those_that_no_other_beats_best_of_the_first_objective_first(run):
    found = read_run(run)
    assert list(members(found)) == ["best", "runner_up_1", "runner_up_3"]
    view = front_view(found, {})
    assert [(m.name, m.label) for m in view.members] == [("runner_up_1", 2), ("runner_up_3", 3), ("best", 1)]
    assert "5 layouts" in view.said and "hypervolume 71 %" in view.said
    assert view.svg.count("<a ") == 3 and view.svg.count('class="told"') == sum(t.feasible for t in found.trials)
    assert "handling per part (m), less is better" in view.svg


def test_a_run_for_one_best_has_no_front(fake, tmp_path):
    results = {"start": fake.start_data(), "best": fake.outcome_data(), "runners_up": []}
    page = write_report(fake.write_run(tmp_path / "run", results)).read_text(encoding="utf-8")
    assert 'id="front"' not in page


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_click_shows_the_layout(run, tmp_path):
    html = write_report(run).read_text(encoding="utf-8")
    assert "http://" not in html.replace("http://www.w3.org", "") and "https://" not in html
    html = html.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    page = tmp_path / "clicked.html"
    page.write_text(html.replace("</body>", CLICKS), encoding="utf-8")
    done = chromium(tmp_path, "--virtual-time-budget=3000", "--dump-dom", page.as_uri())
    assert 'data-found="' in done.stdout, done.stderr
    found = json.loads(unescape(done.stdout.split('data-found="')[1].split('"')[0]))
    assert found[0] == ["", ["front-best"]]
    assert found[1:] == [[f"#front-{n}", [f"front-{n}"]] for n in ("best", "runner_up_1", "runner_up_3")]
