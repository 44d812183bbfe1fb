"""The page in a real browser: no complaint on the console, nothing wider than the window, on a desk and on a phone."""

import json
import shutil
import subprocess
from html import unescape

import pytest

from layout.report import write_plans, write_report
from tests.report.test_replay import recorded_run

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Added to a copy of the page: its width, and each picture's (name, width, whether it has pixels), as its title.
PROBE = """<script>
const images = [...document.images].map(i => [Math.round(i.getBoundingClientRect().width), i.naturalWidth > 0]);
document.title = JSON.stringify({window: innerWidth, page: document.documentElement.scrollWidth, images});
</script></body>"""


def chromium(tmp_path, *arguments):
    return subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--log-level=0", *arguments,
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def page(fake, run, coarse_pictures):
    """A report with an hour and a plan."""
    write_plans(run, {"best": fake.make_line()})
    return write_report(fake.write_hour(run))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_page_opens_as_wide_as_the_window_and_without_a_complaint(fake, page, tmp_path):
    """On a desk and on a phone, whose window is a frame: Chromium has none of its own that is narrower than 500 px."""
    shot = tmp_path / "page.png"
    done = chromium(tmp_path, "--window-size=500,900", f"--screenshot={shot}", page.as_uri())
    assert fake.png_size(shot) == (500, 900)
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    html = page.read_text(encoding="utf-8")
    html = html.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    (tmp_path / "page.html").write_text(html.replace("</body>", PROBE), encoding="utf-8")
    frames = tmp_path / "frames.html"
    frames.write_text(
        "".join(
            f'<iframe src="page.html" width="{width}" height="900" style="border:0" '
            f'onload="document.body.dataset.found{width} = this.contentDocument.title"></iframe>'
            for width in (1400, 400)
        ),
        encoding="utf-8",
    )
    done = chromium(tmp_path, "--allow-file-access-from-files", "--window-size=1500,2000",
                    "--virtual-time-budget=5000", "--dump-dom", frames.as_uri())  # fmt: skip
    for width in (1400, 400):
        assert f'data-found{width}="' in done.stdout, done.stderr
        found = json.loads(unescape(done.stdout.split(f'data-found{width}="')[1].split('"')[0]))
        assert found["window"] == width
        assert found["page"] <= width
        assert len(found["images"]) == 4 and all(drawn for _, drawn in found["images"])  # plan, flow, hour, convergence
        assert all(shown >= min(width - 40, 640) for shown, _ in found["images"])


# Moves the slider and presses the button as a reader would, and says what came of it in the page's title.
PLAYS = """<script>
const found = {}, plan = document.getElementById("replay-plan"), slider = document.getElementById("replay-time");
const picture = () => plan.toDataURL();
const clock = () => document.getElementById("replay-clock").textContent;
found.size = [plan.width, plan.height];
found.first = [clock(), picture()];
slider.value = slider.max; slider.dispatchEvent(new Event("input"));
found.last = [clock(), picture()];
slider.value = 0; slider.dispatchEvent(new Event("input"));
found.again = picture() === found.first[1];
found.moved = picture() !== found.last[1];
const button = document.getElementById("replay-play");
button.click(); found.while = button.textContent;
button.click(); found.then = button.textContent;
found.first = found.first[0]; found.last = found.last[0];
document.body.dataset.found = JSON.stringify(found);
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_recorded_run_is_played(tmp_path, blank_charts):
    page = write_report(recorded_run(tmp_path / "run", seconds=12))
    shot = tmp_path / "page.png"
    done = chromium(tmp_path, "--window-size=900,1400", f"--screenshot={shot}", page.as_uri())
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    html = page.read_text(encoding="utf-8")
    assert "script-src 'sha256-" in html
    html = html.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    played = tmp_path / "played.html"
    played.write_text(html.replace("</body>", PLAYS), encoding="utf-8")
    done = chromium(tmp_path, "--window-size=900,1400", "--virtual-time-budget=3000", "--dump-dom", played.as_uri())
    assert 'data-found="' in done.stdout, done.stderr
    found = json.loads(unescape(done.stdout.split('data-found="')[1].split('"')[0]))
    assert found["size"][0] > 500 and found["size"][1] > 200
    assert (found["first"], found["last"]) == ("0:00.0", "0:12.0")
    assert found["moved"] and found["again"]
    assert (found["while"], found["then"]) == ("Pause", "Play")
