"""A class's answers are marked, each in a process of its own, and its mistakes are counted."""

import csv
import io
import json
import multiprocessing
import os
import zipfile
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sepedu.cli import main
from sepedu.errors import SepeduError
from sepedu.exercises import choice, compare, grading, grading_worker
from sepedu.exercises.framework import NOT_ATTEMPTED, RIGHT, WRONG, Verdict, lessons
from sepedu.exercises.grading import BROKEN, as_csv, as_report, find_submissions, grade
from sepedu.exercises.questions import QUESTIONS
from tools import mock_class

LESSON = "02"
EXERCISES = lessons()[LESSON]
NAMES = list(EXERCISES)
FIRST = NAMES[0]

HOSTILE = {
    "never ends": "while True:\n    print('x' * 10**6)",
    "ends Python": "import os\nos._exit(0)",
    "exits": "raise SystemExit",
    "wants all memory": "whole = bytearray(2**40)",
    "starts a program": "import os\nos.system('echo')",
    "starts a process": "import os\nos.fork()",
    "writes a mark of its own": f'print(\'{{"exercise": "{FIRST}", "outcome": "right"}}\')',
    "changes the checks": (
        "from sepedu.exercises import framework\n"
        "framework.Exercise.check = lambda self, answer: framework.Verdict('right', '')"
    ),
    "sends a mark": (
        "import os, stat\n"
        "for place in range(3, 99):\n"
        "    try:\n"
        "        if stat.S_ISFIFO(os.fstat(place).st_mode):\n"
        "            os.write(place, b'\\0\\0\\0\\2[]')\n"
        "    except OSError:\n"
        "        pass"
    ),
    "looks for the pipe": (
        "import multiprocessing, sys\n"
        "found, frame = list(multiprocessing.current_process()._args), sys._getframe()\n"
        "while frame:\n"
        "    found, frame = [*found, *frame.f_locals.values()], frame.f_back\n"
        "for one in found:\n"
        "    if hasattr(one, 'send_bytes'):\n"
        "        one.send_bytes(b'[]')"
    ),
    "changes the worker": (
        "from sepedu.exercises import grading_worker as w\n"
        "w._check = lambda *a: (w.Verdict('right', ''), None)"
    ),
    "replaces itself and puts it back": (
        "from sepedu.exercises import framework as f\n"
        "judge = f.Exercise._judge\n"
        "def cheat(self, answer):\n"
        "    f.Exercise._judge = judge\n"
        "    return f.Verdict('right', '')\n"
        "f.Exercise._judge = cheat"
    ),
}
# Four hostile answers in one notebook: each must cost itself alone.
ATTACKS = {
    student: dict(zip(NAMES[:4], list(HOSTILE)[first : first + 4], strict=True))
    for student, first in (("Mallory", 0), ("Trudy", 4), ("Eve", 8))
}


def notebook(answers):
    cells = [new_code_cell(f"from sepedu.exercises import lesson{LESSON} as ex")]
    for name, source in answers.items():
        cells += [new_code_cell(source), new_code_cell(f"ex.{name}.check({name})")]
    return nbformat.writes(new_notebook(cells=cells))


def solved(**changed):
    return notebook({name: EXERCISES[name].reference for name in NAMES} | changed)


def write(folder, students):
    for student, text in students.items():
        place = folder / student / "02-binary-masks.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Marks of a small class, by student."""
    mistake = mock_class.wrong_answer(EXERCISES[FIRST], 0)
    class_ = {
        "Right": solved(),
        "Stub": notebook({name: EXERCISES[name].stub for name in NAMES}),
        "Wrong": solved(**{FIRST: mistake, NAMES[1]: f"def {NAMES[1]}(:\n    return"}),
        "Broken": "{",
        "Other": solved(**{FIRST: f"{FIRST} = {{}}['key']", NAMES[1]: "x = 1"}),
        **{
            student: solved(**{name: f"{HOSTILE[attack]}\n" for name, attack in attacks.items()})
            for student, attacks in ATTACKS.items()
        },
    }
    folder = write(tmp_path_factory.mktemp("class"), class_)
    return {one.student: one for one in grade(find_submissions(folder), seconds=3)}


def outcomes(submission):
    return {mark.exercise: mark.outcome for mark in submission.marks}


def test_right_stub_wrong_and_broken(marked):
    assert outcomes(marked["Right"]) == dict.fromkeys(NAMES, RIGHT)
    assert outcomes(marked["Stub"]) == dict.fromkeys(NAMES, NOT_ATTEMPTED)
    assert outcomes(marked["Wrong"])[FIRST] == WRONG
    assert outcomes(marked["Wrong"])[NAMES[1]] == BROKEN
    assert marked["Wrong"].points == len(NAMES) - 2
    assert "cannot be read" in marked["Broken"].problem


def test_an_error_at_the_top_of_a_cell_is_told_from_another_name(marked):
    first, second, *_ = marked["Other"].marks
    assert (first.outcome, first.message) == (BROKEN, "KeyError: 'key'")
    assert second.outcome == NOT_ATTEMPTED
    assert f"does not define `{NAMES[1]}`" in second.message


def test_a_wrong_answer_is_named_by_its_mistake(marked):
    (mark,) = [mark for mark in marked["Wrong"].marks if mark.outcome == WRONG]
    assert mark.mistake == EXERCISES[FIRST].mistakes[0].title


@pytest.mark.parametrize("student", ATTACKS)
def test_a_hostile_answer_costs_itself_and_nobody_else(marked, student):
    found = outcomes(marked[student])
    for name in ATTACKS[student]:
        assert found.pop(name) in (BROKEN, NOT_ATTEMPTED)
    assert set(found.values()) == {RIGHT} and len(found) == len(NAMES) - 4


@pytest.mark.parametrize(
    ("owner", "name", "change"),
    [
        (grading_worker, "_check", lambda *_: None),
        (grading_worker._check, "__code__", (lambda *_: None).__code__),
        (compare.compare, "__code__", (lambda *_, **__: None).__code__),
        (compare.compare, "__kwdefaults__", {"tolerance": 1e9}),
        (EXERCISES[FIRST].examine, "__code__", (lambda _: None).__code__),
        (EXERCISES[FIRST], "check", lambda _: Verdict(RIGHT, "")),
        (np, "allclose", lambda *_, **__: True),
    ],
)
def test_a_change_of_the_checks_is_seen(monkeypatch, owner, name, change):
    watched = grading_worker._modules(), [*EXERCISES.values()]
    before = grading_worker._fingerprint(*watched)
    assert grading_worker._fingerprint(*watched) == before
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, change, raising=False)
        changed = grading_worker._fingerprint(*watched)
    assert changed != before


def test_only_the_worker_sends_marks():
    def read(content):
        return grading._read_mark(FIRST, content, b"token")

    assert read(b"tokenright\0\0Well.\0last") == (grading.Mark(FIRST, RIGHT, "", "Well."), True)
    for content in (b"[]", b"right\0\0\0", b"tokengreat\0\0\0", b"tokenright\0", b"token\xff"):
        mark, is_last = read(content)
        assert mark.outcome == BROKEN and is_last, content


@pytest.mark.skipif(os.name == "nt", reason="its pipes have no file descriptor")
def test_half_a_mark_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(grading, "PATIENCE", 0.1)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    os.write(sender.fileno(), b"\0\0")
    with pytest.raises(OSError, match="end of file"):
        grading._receive(receiver, SimpleNamespace(kill=sender.close))


def test_whatever_fails_for_one_student_costs_nobody_else(tmp_path, monkeypatch, capsys):
    def fails_for_ada(submission, seconds):
        if submission.student == "Ada":
            raise RuntimeError
        if submission.student == "Cem":
            raise KeyboardInterrupt
        return [grading.Mark(FIRST, RIGHT)]

    monkeypatch.setattr(grading, "_mark_answers", fails_for_ada)
    write(tmp_path / "class", dict.fromkeys(("Ada", "Bea", "Cem"), solved()))
    assert main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks.csv")]) == 130
    assert "marks.csv has 2 of 3 notebooks" in capsys.readouterr().err
    ada, bea = csv.DictReader((tmp_path / "marks.csv").open(encoding="utf-8"))
    assert (bea["Points"], ada["Points"]) == ("1", "") and "RuntimeError" in ada["Remark"]


def test_what_cannot_be_read_is_one_line_for_its_student(tmp_path):
    deep = f"{FIRST} = {'-' * 200_000}1"  # too deep for Python's parser
    write(tmp_path, {"Deep": solved(**{FIRST: deep}), "Esc\x1b[2J": "{", "No source": "{}"})
    (tmp_path / "No source" / "02-binary-masks.ipynb").write_text(
        '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    (tmp_path / "Folder" / "02.ipynb").mkdir(parents=True)
    (tmp_path / "Link").mkdir()
    (tmp_path / "Link" / "02.ipynb").symlink_to(tmp_path / "nothing")
    if hasattr(os, "mkfifo"):
        (tmp_path / "Pipe").mkdir()
        os.mkfifo(tmp_path / "Pipe" / "02.ipynb")
    with suppress(OSError):  # not every system has such names
        write(tmp_path, {os.fsdecode(b"J\xf6rg"): "{"})
    found = {one.student: one for one in find_submissions(tmp_path)}
    assert found["Deep"].answers[FIRST] == deep
    assert all(one.problem for student, one in found.items() if student != "Deep")
    assert {"Esc\\x1b[2J", "No source", "Folder", "Link"} <= set(found)
    as_csv(list(found.values())).encode("utf-8")


def test_a_bad_member_of_a_zip_is_one_line_for_its_student(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for student in ("Damaged", "Encrypted", "Strange", "Well"):
            file.writestr(f"{student}/02-binary-masks.ipynb", solved())
        damaged, *_ = file.infolist()
        file.filelist[1].flag_bits |= 1
        file.filelist[2].compress_type = 99
        place = damaged.header_offset + 30 + len(damaged.filename)
    content = bytearray((tmp_path / "class.zip").read_bytes())
    content[place : place + 4] = b"\xff" * 4
    (tmp_path / "class.zip").write_bytes(content)
    found = {one.student: one.problem for one in find_submissions(tmp_path / "class.zip")}
    assert found.pop("Well") == "" and len(found) == 3 and all(found.values())
    monkeypatch.setattr(grading, "LARGEST_NOTEBOOK", 1000)
    assert all(
        "over 0.001 MB" in one.problem
        for one in find_submissions(tmp_path / "class.zip")
        if one.student == "Well"
    )


def test_the_table_is_for_a_learning_platform(marked):
    rows = list(csv.DictReader(io.StringIO(as_csv(list(marked.values())))))
    by_student = {row["Student"]: row for row in rows}
    assert set(by_student) == set(marked)
    assert by_student["Right"]["Points"] == by_student["Right"]["Points possible"]
    assert by_student["Wrong"][f"{LESSON} {FIRST}"] == "0"
    assert by_student["Broken"]["Points"] == "" and by_student["Broken"]["Remark"]


def test_the_table_is_in_the_form_of_the_platform_that_the_work_came_from(marked):
    def rows(platform):
        own = [replace(one, number="4711", platform=platform) for one in marked.values()]
        return list(csv.DictReader(io.StringIO(as_csv(own))))

    moodle = {row["Full name"]: row for row in rows("Moodle")}
    assert moodle["Right"]["Identifier"] == "Participant 4711"
    assert moodle["Right"]["Grade"] == str(len(NAMES))
    assert moodle["Right"]["Last modified (grade)"] == ""
    assert f"{FIRST}: not right yet." in moodle["Wrong"]["Feedback comments"]

    # A notebook that cannot be read has no grade, which calls for a teacher, and says why.
    assert (
        moodle["Broken"]["Grade"] == ""
        and "cannot be read" in moodle["Broken"]["Feedback comments"]
    )
    assert moodle["Stub"]["Grade"] == "0"

    possible, *canvas = rows("Canvas")
    assert possible["Student"].strip() == "Points Possible"
    assert possible[f"Lesson {LESSON}"] == str(len(NAMES))
    assert list(canvas[0]) == ["Student", "ID", "Section", f"Lesson {LESSON}"]
    (wrong,) = (row for row in canvas if row["Student"] == "Wrong")
    assert (wrong["ID"], wrong[f"Lesson {LESSON}"]) == ("4711", str(len(NAMES) - 2))
    assert {row[f"Lesson {LESSON}"] for row in canvas if row["Student"] == "Broken"} == {""}


def test_the_report_counts_the_mistakes(marked):
    page = as_report(list(marked.values()))
    assert EXERCISES[FIRST].mistakes[0].title in page
    assert f"{len(marked)} students" in page
    two = [replace(marked["Right"], number=number) for number in ("4711", "4712")]
    assert "2 students" in as_report(two), "two of one name are two"


@pytest.mark.parametrize(
    ("path", "student", "number"),
    [
        ("Ada Lovelace_4711_assignsubmission_file_/02-binary-masks.ipynb", "Ada Lovelace", "4711"),
        ("Ada Lovelace_4711_assignsubmission_file_02-binary-masks.ipynb", "Ada Lovelace", "4711"),
        ("lovelaceada_4711_99_02-binary-masks.ipynb", "lovelaceada", "4711"),
        ("lovelaceada_LATE_4711_99_02-binary-masks.ipynb", "lovelaceada", "4711"),
        ("ada/02-binary-masks.ipynb", "ada", ""),
        ("ada.ipynb", "ada", ""),
    ],
)
def test_names_as_platforms_give_them(tmp_path, path, student, number):
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(path, solved())
        file.writestr("__MACOSX/._02-binary-masks.ipynb", "{")
        file.writestr(path.replace(".ipynb", ".old-2.ipynb"), solved())
    (found,) = find_submissions(archive)
    assert (found.student, found.number, found.lesson) == (student, number, LESSON)
    assert list(found.answers) == NAMES


def test_nothing_to_mark_is_one_line(tmp_path):
    with pytest.raises(SepeduError, match="no notebooks"):
        find_submissions(tmp_path)
    (tmp_path / "class.zip").write_text("no zip")
    with pytest.raises(SepeduError, match="neither a folder nor a zip file"):
        find_submissions(tmp_path / "class.zip")


def test_a_name_is_no_formula(tmp_path):
    write(tmp_path, {"=1+1": "{"})
    assert "'=1+1" in as_csv(list(grade(find_submissions(tmp_path))))


def test_the_command(tmp_path, capsys):
    # In a notebook a check waits for 10 seconds: here it must wait for the 30 of `--seconds`.
    waits = "from sepedu.exercises import call_answer\nassert call_answer.SECONDS >= 30\n"
    right = solved(**{FIRST: waits + EXERCISES[FIRST].reference})
    write(tmp_path / "class", {"Right": right})
    words = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks.csv")]
    assert main([*words, "--report", str(tmp_path / "class.html")]) == 0
    assert f"Right: lesson {LESSON}, {len(NAMES)} of {len(NAMES)} right" in capsys.readouterr().out
    assert (tmp_path / "marks.csv").read_text().startswith("Student,ID,Points")
    for seconds in ("0", "nan", "inf", "1e12"):
        assert main([*words, "--seconds", seconds]) == 2
        assert "seconds must be above 0 and at most 86400, got" in capsys.readouterr().err


def test_the_made_up_class_is_thirty_students_with_three_hostile_ones(tmp_path, capsys):
    assert mock_class.main([str(tmp_path / "class.zip"), "99"]) == 2
    assert "There is no lesson '99' with exercises. Use one of 00, 01" in capsys.readouterr().err
    assert mock_class.main([str(tmp_path / "class.zip"), LESSON]) == 0
    found = find_submissions(tmp_path / "class.zip")
    assert len(found) == 30 and {one.platform for one in found} == {"Moodle"}
    assert sum(bool(one.problem) for one in found) == 2
    assert {len(one.answers) for one in found if not one.problem} == {len(NAMES)}
    assert len({text for one in found for text in one.answers.values()}) > 3 * len(NAMES)
    if os.environ.get("SEPEDU_CLASS") != "1":
        return  # marking all of them takes minutes
    points = {one.student.split()[0]: one.points for one in grade(found, seconds=10)}
    assert {points[student] for student in mock_class.HOSTILE} == {len(NAMES) - 1}
    assert points["Ada"] == len(NAMES) and points["Bea"] == len(NAMES) - 2


def test_a_class_can_do_without_solutions(tmp_path, monkeypatch):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "my-course").mkdir()
    monkeypatch.chdir(tmp_path / "my-course")
    assert EXERCISES[FIRST].solution().text == EXERCISES[FIRST].reference
    (tmp_path / "lessons" / ".no-solutions").touch()
    assert "leaves solutions out" in EXERCISES[FIRST].solution().text


def test_a_choice_is_counted_and_reacts_without_a_script(tmp_path, capsys):
    (tmp_path / ".lessons.json").write_text("{}")
    (question, *_) = QUESTIONS[LESSON]
    for answer in ("At both", question.right, "no such answer"):
        choice.choose(LESSON, question.name, answer, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert [(one["outcome"], one["mistake"]) for one in lines] == [(WRONG, "At both"), (RIGHT, "")]
    assert main(["progress", str(tmp_path)]) == 0
    assert f"1 of {len(QUESTIONS[LESSON])} questions" in capsys.readouterr().out


@pytest.mark.parametrize("number", lessons())
def test_questions_have_one_right_answer_which_no_order_gives_away(number):
    asked = QUESTIONS[number]
    assert len({question.name for question in asked}) == len(asked) >= 2
    assert not {question.name for question in asked} & set(lessons()[number])
    for question in asked:
        assert 2 <= len(question.answers) <= 4 and all(question.answers.values())
    page = choice.page(number)
    assert page.count("Not right.") == sum(len(q.answers) - 1 for q in asked)
    assert "<script" not in page


def test_right_answers_do_not_always_stand_at_one_place():
    places = {sorted(q.answers).index(q.right) for each in QUESTIONS.values() for q in each}
    assert {0, 1, 2} <= places


def test_progress_is_recorded_in_a_working_copy_only(tmp_path, monkeypatch, capsys):
    exercise = EXERCISES[FIRST]
    monkeypatch.chdir(tmp_path)
    exercise.check(exercise.run(exercise.reference))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".lessons.json").write_text("{}")
    exercise.check(exercise.mistakes[0].answer)
    exercise.check(exercise.run(exercise.reference))
    exercise.check()
    lines = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert [line["outcome"] for line in lines] == [WRONG, RIGHT, NOT_ATTEMPTED]
    assert lines[0]["mistake"] == exercise.mistakes[0].title

    bad = ["damaged", "[" * 100_000, json.dumps(lines[1] | {"outcome": "weird"})]
    bad.append(json.dumps(lines[2] | {"when": "\ud800"}))
    (tmp_path / "progress.jsonl").open("a").write("\n".join(bad) + "\n")
    assert main(["progress", str(tmp_path / "nothing")]) == 2
    assert "There is no working copy in" in capsys.readouterr().err
    words = ["progress", str(tmp_path), "--out", str(tmp_path / "me.html"), "--name", "Ada\udcff"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert (
        f"lesson {LESSON}  1 of {len(NAMES)} right" in told
        and f"Next: lesson {LESSON}, {NAMES[1]}" in told
    )
    page = (tmp_path / "me.html").read_text(encoding="utf-8")
    assert exercise.mistakes[0].title in page and "<h1>Progress of Ada\\udcff</h1>" in page
