"""The page in a real browser: no complaint on the console, nothing wider than a phone."""

import shutil
import subprocess

import pytest

from layout.report import write_figures, write_report

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_page_opens_without_a_complaint(fake, run, tmp_path):
    write_figures(run, {"best": fake.make_line()})
    page = write_report(run)
    shot = tmp_path / "page.png"
    done = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--log-level=0",
            "--window-size=500,900", f"--screenshot={shot}", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert fake.png_size(shot) == (500, 900)
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
