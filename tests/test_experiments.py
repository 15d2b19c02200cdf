"""The tables of the U-Net's trainings."""

from tools.experiments.unet import PAGE, RUNS, fill


def test_the_page_has_what_the_runs_reached():
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- runs: ") >= 4 and fill(page) == page


def test_every_run_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    missing = [file.stem for file in RUNS.glob("*.json") if f"| {file.stem} |" not in page]
    assert not missing
