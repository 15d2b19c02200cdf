"""Every bad input gets status 2 and one line that names it; every unusual one works."""

import shutil
import sys

import bad_places
import bad_sets
import bad_songs
import bad_words
import pytest
from errors_page import page
from workbench import Case, Outcome, Workbench, run

CASES = [*bad_songs.CASES, *bad_sets.CASES, *bad_words.CASES, *bad_places.CASES]
SEEN: dict[Case, list[Outcome]] = {}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workbench(tmp_path_factory.mktemp("workbench"))
    yield bench
    shutil.rmtree(bench.root)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind.split(',')[0]}: {case.what}")
def test_case(case: Case, bench: Workbench, monkeypatch):
    bench.new_case()
    monkeypatch.chdir(bench.folder)
    made = case.make(bench)
    outcomes = SEEN[case] = []
    for words in [made] if isinstance(made, list) else made:
        with case.around():
            outcome = run(words)
        outcomes.append(outcome)
        told = (words, outcome)
        assert not outcome.escaped, told
        assert "Traceback" not in outcome.complaint, told
        if case.says and (outcome.status == 2 or not case.warns):
            assert outcome.status == 2, told
            assert len(outcome.errors) == 1, told
            assert outcome.errors[0].startswith("sepedu: "), told
            assert case.says in outcome.errors[0], told
            assert bench.estimates() == [], told
        else:
            assert outcome.status == 0, told
            assert len(outcome.errors) <= bool(case.warns), told
            assert all(case.warns in line for line in outcome.errors), told
            shutil.rmtree(bench.folder / "out", ignore_errors=True)
    assert not case.warns or any(o.status == 0 and o.errors for o in outcomes), outcomes
    assert outcomes
    left = {path.name for path in bench.folder.iterdir()}
    assert not left & {"x", "y", "the trap has sprung"}, "a name or a file was run as a command"


@pytest.mark.skipif(sys.platform == "win32", reason="the page shows the rows of Linux and macOS")
def test_the_page_of_errors_shows_this_table(bench, clone):
    if len(SEEN) < len(CASES):
        pytest.skip("only a part of the table was run")
    expected = page(SEEN, bench.root)
    found = (clone / "docs" / "errors.md").read_text(encoding="utf-8")
    differing = set(found.splitlines()) ^ set(expected.splitlines())
    assert found == expected, f"make it anew with python tools/errors.py: {differing}"
