"""Every lesson has the parts of a lesson; the instructor's edition is right everywhere."""

import ast
import json
import re
import symtable
from pathlib import Path

import nbformat
import pytest

from sepedu.errors import SepeduError
from sepedu.exercises.framework import RIGHT, lessons
from tools import edition, glossary

NUMBERS = [f"{number:02}" for number in range(10)]
PATHS = edition.find_notebooks()
LAST_SECTIONS = ["## Check yourself", "## Summary", "## Words", "## Further reading"]


@pytest.fixture(scope="module", params=PATHS, ids=[path.stem for path in PATHS])
def path(request) -> Path:
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    return nbformat.read(path, as_version=4)


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def is_folded(cell) -> bool:
    """Whether a cell's code is hidden until somebody opens it."""
    folded = bool(cell.metadata.get("jupyter", {}).get("source_hidden"))
    assert folded == ("hide-input" in cell.metadata.get("tags", [])), "the site folds by the tag"
    return folded


def plain(text: str) -> str:
    """Prose without code, formulas, headings and addresses."""
    text = re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)", "", text, flags=re.S)
    return re.sub(r"^#.*$", "", text, flags=re.M)


def pictures(notebook) -> list[str]:
    """The alternative texts of all pictures."""
    return [
        output.get("metadata", {}).get(kind, {}).get("alt", "")
        for cell in code(notebook)
        for output in cell.outputs
        for kind in output.get("data", {})
        if kind in ("image/png", "image/jpeg")
    ]


def test_all_ten_are_there_in_order():
    assert [path.name[:2] for path in PATHS] == NUMBERS
    assert set(lessons()) == set(NUMBERS)


def test_head(path, notebook):
    first = notebook.cells[0].source
    assert re.match(rf"# Lesson {path.name[:2]} · \S+", first)
    for part in ("**Goals**", "**Minutes needed**", "**What you need before**"):
        assert part in first
    assert 45 <= int(re.search(r"\*\*Minutes needed\*\*: about (\d+)", first)[1]) <= 120


def test_last_sections(notebook):
    titles = re.findall(r"^## .+$", "\n".join(cell.source for cell in prose(notebook)), re.M)
    assert titles[-4:] == LAST_SECTIONS


def test_questions_with_folded_answers(notebook):
    text = "\n".join(cell.source for cell in prose(notebook))
    part = text.split("## Check yourself")[1].split("## Summary")[0]
    assert part.count("<details><summary>") == part.count("</details>") >= 3
    assert text.count("**Question.**") >= 4


def test_each_question_has_a_place_for_a_guess(notebook):
    for cell, below in zip(notebook.cells, notebook.cells[1:], strict=False):
        if re.search(r"^\*\*Question\.\*\*", cell.source, re.M) and cell.cell_type == "markdown":
            assert below.source == "*My guess:*", cell.source
            assert cell.source.split("\n\n")[-1].startswith("**Question.**"), "it comes last"
            assert cell.source.count("**Question.**") == 1, cell.source


def test_last_line_leads_on(path, notebook):
    last = notebook.cells[-1].source
    assert last.startswith("**Next**: ")
    links = re.findall(r"\]\(([^)]+)\)", last)
    following = f"{int(path.name[:2]) + 1:02}"
    if following in NUMBERS:
        assert links[0].startswith(f"{following}-")
        assert (path.parent / links[0]).is_file()


def test_no_answer_stands_before_its_question(notebook):
    """Descriptions of pictures, and checks of numbers, are folded away."""
    for cell in code(notebook):
        if not is_folded(cell):
            assert not re.search(r"describe\(\s*[\w.]+,\s*f?[\"']", cell.source), cell.source
            for line in re.findall(r"^\s*assert .+", cell.source, re.M):
                assert "<" not in line and ">" not in line, line


# Everyday meanings, or another thing of the same name, in an earlier lesson.
OTHER_MEANINGS = {"channel", "example", "kernel", "leak", "loss", "stride", "view"}
# Said in lesson 00 of a listening test, with a pointer to the lesson that explains it.
FORETOLD = {("00", "binary mask"), ("00", "ideal mask")}
SPELLED = {  # how the text writes a term where it explains it
    "scale-invariant SDR": "scale-invariant",
    "training, validation and test songs": "training songs",
}


def test_no_word_is_used_before_it_is_explained():
    texts = {}
    for path in PATHS:
        cells = prose(nbformat.read(path, as_version=4))
        skipped = r"# Lesson|## (Words|Further reading|What comes next)|\*\*Next"
        texts[path.name[:2]] = plain(
            "\n".join(cell.source for cell in cells if not re.match(skipped, cell.source))
        )
    for key, (number, _meaning) in glossary.words().items():
        if key.endswith(")") and "** (" in key:
            continue  # "window (of frames)": a second meaning, told apart by what follows
        term = re.sub(r" \(.*\)", "", re.match(r"\*\*(.+?)\*\*", key)[1])
        spelled = re.escape(SPELLED.get(term, term))
        explained = re.search(rf"\*\*[^*]*{spelled}[^*]*\*\*", texts[number], re.I)
        assert explained or term.startswith("threshold"), f"{number} does not mark {term}"
        if term in OTHER_MEANINGS:
            continue
        for earlier, text in texts.items():
            if earlier < number and (earlier, term) not in FORETOLD:
                used = re.search(rf"\b{spelled}(s|es|d)?\b", text, re.I)
                assert not used, f"{earlier} uses {term}, which {number} explains"


def test_one_word_for_a_point(notebook):
    """A bin is a frequency; a point is one frequency at one moment."""
    text = plain("\n".join(cell.source for cell in prose(notebook)))
    wrong = r"\b(share|each|every|some|faint|loud|single|audible) (of (the )?)?bins?\b"
    assert not re.findall(wrong, text, re.I)


def test_words_are_explained(notebook):
    words = next(cell.source for cell in prose(notebook) if cell.source.startswith("## Words"))
    lines = [line for line in words.splitlines()[1:] if line.strip()]
    assert len(lines) >= 5
    assert all(re.match(r"- \*\*.+?\*\*.*: .+\.$", line) for line in lines)
    assert len(set(lines)) == len(lines)


def test_references_are_given(notebook):
    last = next(c.source for c in prose(notebook) if c.source.startswith("## Further reading"))
    entries = [line for line in last.splitlines() if line.startswith("- ")]
    assert len(entries) >= 3
    assert all(re.search(r"(19|20)\d\d|https?://|University", entry) for entry in entries)


def test_size(path):
    assert path.stat().st_size < 1_500_000


def test_no_sound_and_no_widget_state_in_outputs(path, notebook):
    outputs = json.dumps([cell.outputs for cell in code(notebook)])
    assert "data:audio" not in outputs
    assert "<audio" not in outputs
    assert "widget-view" not in outputs
    assert "widgets" not in notebook.metadata


def test_no_machine_in_the_file(path, notebook):
    text = path.read_text(encoding="utf-8")
    for trace in ("/work/", "/root/", "/home/", "/tmp/", "C:\\\\Users"):
        assert trace not in text
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_cells(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in code(notebook):
        assert not re.search(r"^\s*[!%]", cell.source, re.M), "no shell and no magic"
        assert len(cell.source.splitlines()) <= 45 or is_folded(cell), cell.source
        assert max(map(len, cell.source.splitlines()), default=0) <= 100, cell.source


def test_compared_cells_have_something_to_compare(notebook):
    for cell in code(notebook):
        if "NBVAL_CHECK_OUTPUT" in cell.source:
            assert cell.outputs
            assert cell.execution_count


def test_numbers_of_the_cells_are_those_of_one_run(notebook):
    """Otherwise nbval refuses an output: "Unrun reference cell has outputs"."""
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_failure_in_outputs(notebook):
    for cell in code(notebook):
        assert all(output.output_type != "error" for output in cell.outputs), cell.source


def test_every_picture_is_described(notebook):
    assert all(len(text) > 40 for text in pictures(notebook))
    for cell in code(notebook):
        if "subplots(" in cell.source:
            assert "describe(" in cell.source, cell.source


def test_every_sound_is_described(notebook):
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and re.search(r"^Player\(", cell.source, re.M):
            after = [next_cell.source for next_cell in notebook.cells[place + 1 : place + 4]]
            assert any("**What you should hear.**" in text for text in after), cell.source


def test_something_can_be_turned(notebook):
    assert any("from sepedu.widgets import" in cell.source for cell in code(notebook))


def test_exercises(path, notebook):
    number = path.name[:2]
    cells = notebook.cells
    assert any(f"import lesson{number} as ex" in cell.source for cell in code(notebook))
    for exercise in lessons()[number].values():
        place = next(i for i, cell in enumerate(cells) if cell.source.strip() == exercise.stub)
        check = cells[place + 1].source
        assert check.endswith(f"as ex\n\nex.{exercise.name}.check()")
        hints = f"# ex.{exercise.name}.hint()\n# ex.{exercise.name}.solution()"
        assert cells[place + 2].source == hints
    checks = [name for cell in code(notebook) for name in CHECK.findall(cell.source)]
    assert checks == list(lessons()[number]), "progress and marks tell them in this order"
    titles = re.findall(
        r"^### Exercise (\d+) · .+$", "\n".join(cell.source for cell in prose(notebook)), re.M
    )
    assert titles == [str(n + 1) for n in range(len(lessons()[number]))]


@pytest.mark.parametrize(
    "number, line", [("05", "EPOCHS = 5\n"), ("05", "Recipe(epochs=6, "), ("09", "STEPS = 100  #")]
)
def test_what_tests_shorten_is_there(number, line):
    """tests/conftest.py looks for these, so that a lesson trains for a short time only."""
    path = next(path for path in PATHS if path.name.startswith(number))
    sources = [cell.source for cell in code(nbformat.read(path, as_version=4))]
    assert "\n".join(sources).count(line) == 1


def test_the_real_song_is_cut_alike(path, notebook):
    """So that a mask painted in lesson 02 fits in lesson 06, and the figures agree."""
    ends = re.findall(r"\.between\(0\.1, ([^)]+)\)", "\n".join(c.source for c in code(notebook)))
    assert set(ends) <= ({"5.98"} if path.name.startswith("00") else {"5.9"})


def names_in(cell) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}


def test_no_stub_takes_a_name_that_another_cell_uses(path, notebook):
    for exercise in lessons().get(path.name[:2], {}).values():
        for cell in code(notebook):
            own = cell.source == exercise.stub or "import lesson" in cell.source
            if not own and exercise.name in names_in(cell):
                raise AssertionError(f"{exercise.name} is used in: {cell.source}")


def test_what_a_long_cell_made_stays_until_the_last(notebook):
    """Cells with the tag "long" train or measure, and tests.conftest runs them once.

    So no cell may give their results another value, nor what they need, once they have run.
    """
    cells = code(notebook)
    made, used = zip(*(names(cell.source) for cell in cells), strict=True)
    for long, cell in enumerate(cells):
        if "long" in cell.metadata.get("tags", []):
            below = range(long + 1, len(cells))
            assert not used[long] & set().union(*made[long + 1 :]), cell.source
            others = set().union(*made[:long], *made[long + 1 :])
            for user in below:  # what it takes from the long cell, no other cell may make
                taken = made[long] & used[user] - set().union(*made[long + 1 : user])
                assert not taken & others, (taken & others, cell.source)


# The instructor's edition


def test_command_writes_the_edition(tmp_path, capsys):
    assert edition.main([str(tmp_path / "new"), "00"]) == 0
    written = list((tmp_path / "new").iterdir())
    assert [path.name[:2] for path in written] == ["00"]
    assert str(written[0]) in capsys.readouterr().out
    text = written[0].read_text(encoding="utf-8")
    assert "raise NotImplementedError" not in text
    assert "For the teacher" in text


def test_command_without_words_explains_itself(capsys):
    assert edition.main([]) == 2
    assert "FOLDER" in capsys.readouterr().out


def test_command_says_when_it_cannot_write(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert edition.main([str(tmp_path / "file" / "folder")]) == 2
    assert "file" in capsys.readouterr().err


def test_stub_that_differs_from_its_exercise_is_refused():
    notebook = nbformat.read(PATHS[0], as_version=4)
    exercises = lessons()[PATHS[0].name[:2]].values()
    stub = next(iter(exercises)).stub
    for cell in notebook.cells:
        if cell.source.strip() == stub:
            cell.source += "\n# changed"
    with pytest.raises(SepeduError, match="exactly its stub"):
        edition.solve(notebook, exercises)


def test_no_lessons_in_a_strange_folder(tmp_path):
    with pytest.raises(SepeduError, match="no lessons"):
        edition.find_notebooks(tmp_path)


CHECK = re.compile(r"^ex\.(\w+)\.check\(", re.M)


def names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell defines, and those that it needs from elsewhere."""
    top = symtable.symtable(source, "cell", "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    used = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    inner = top.get_children()
    while inner:
        table = inner.pop()
        inner += table.get_children()
        used |= {s.get_name() for s in table.get_symbols() if s.is_global()}
    return defined, (used - defined) | set(CHECK.findall(source))


def needed(cells: list[str], wanted: list[int]) -> list[int]:
    """Those cells and, for each name that they need, the last cell above that defines it."""
    defined, used = zip(*map(names, cells), strict=True)
    found: set[int] = set()
    while wanted:
        place, *wanted = wanted
        if place not in found:
            found.add(place)
            for name in used[place]:
                wanted += [above for above in range(place) if name in defined[above]][-1:]
    return sorted(found)


def test_edition_is_right_everywhere(path, notebook, tmp_path, monkeypatch):
    """Each answer with its check, and the cells above that they need; nbval runs the others."""
    monkeypatch.chdir(tmp_path)
    exercises = lessons()[path.name[:2]]
    (written,) = edition.write_edition(tmp_path, [path.name[:2]])
    cells = [cell.source for cell in code(nbformat.read(written, as_version=4))]
    lesson = [cell.source for cell in code(notebook)]
    changed = [new for old, new in zip(lesson, cells, strict=True) if old != new]
    assert set(changed) == {exercise.reference for exercise in exercises.values()}
    checks = [place for place, cell in enumerate(cells) if CHECK.search(cell)]
    assert len(checks) == len(exercises)
    space = {"__name__": "__main__"}
    for place in needed(cells, checks):
        *above, last = ast.parse(cells[place]).body
        exec(compile(ast.Module(above, []), "<cell>", "exec"), space)
        mode = "eval" if isinstance(last, ast.Expr) else "exec"
        tree = ast.Expression(last.value) if mode == "eval" else ast.Module([last], [])
        value = eval(compile(tree, "<cell>", mode), space)
        assert place not in checks or value.outcome == RIGHT, (cells[place], value)


# The map and the glossary


def test_page_is_up_to_date():
    page = (edition.LESSONS / "README.md").read_text(encoding="utf-8")
    assert page == glossary.page(), "run: python -m tools.glossary"


def test_every_idea_names_lessons_that_exist():
    found = glossary.ideas()
    assert found
    for idea in found:
        assert set(idea.lessons) <= set(NUMBERS), idea
        assert idea.sentence.endswith("."), idea


def test_every_idea_is_in_one_of_its_lessons():
    texts = {
        path.name[:2]: "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        for path in PATHS
    }
    homeless = [
        f"{idea.name} ({', '.join(idea.lessons)})"
        for idea in glossary.ideas()
        if all(number in texts for number in idea.lessons)
        and not any(
            re.search(rf"\b{idea.name.split('.')[-1]}\b", texts[number]) for number in idea.lessons
        )
    ]
    assert not homeless, "no lesson that they name mentions: " + ", ".join(homeless)


def test_every_function_that_a_lesson_imports_has_a_lesson(notebook):
    names = {idea.name.split(".")[-1] for idea in glossary.ideas()}
    for cell in code(notebook):
        imported = r"^from sepedu(?!\.exercises)[\w.]* import (.+)$"
        for words in re.findall(imported, cell.source, re.M):
            for word in words.split("#")[0].strip("() ").split(","):
                name = word.split(" as ")[0].strip()
                if name and not name.startswith("lesson") and not name.isupper():
                    assert name in names | {"plots", "STFT", "Callback", "Checkpoint"}, name
