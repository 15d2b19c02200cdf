r"""Exercises that answer back: a package per lesson, and in it a module per exercise.

In a lesson
-----------
A cell holds exactly the exercise's stub, and a cell after it the check::

    from sepedu.exercises import lesson02 as ex     # once, at the top of the lesson

    def binary_mask(source, mixture, threshold):    # the stub: the student edits this cell
        raise NotImplementedError

    ex.binary_mask.check(binary_mask)               # the check, in a cell of its own, with
    # ex.binary_mask.hint()                         # these two lines as comments below it
    # ex.binary_mask.solution()

Writing an exercise
-------------------
In ``lessonNN/``, a module per exercise with all that belongs to it, from the check to the wrong
answers. Module and `Exercise` have the name of what the student defines::

    def _examine_binary_mask(answer):
        source, mixture = ...                                  # small, made here, seeded
        value = call(answer, source, mixture, 0.5)             # never trust the answer: `call`
        value = as_array(value, shape=mixture.shape, kind="bool")
        compare(
            value, source > 0.5 * mixture,
            known=[(decibel_version, "You compared in decibels ...")],
            otherwise="Some bins differ. ...",
        )

    binary_mask = Exercise(
        name="binary_mask",
        task="Write B = (S > T M) for magnitudes of equal shape.",
        stub="def binary_mask(source, mixture, threshold):\n    raise NotImplementedError",
        reference="def binary_mask(source, mixture, threshold):\n    return ...",
        hints=("A first hint.", "A second one."),
        examine=_examine_binary_mask,
        mistakes=(Mistake("Compared in decibels", "def binary_mask(...): ...", "decibels"), ...),
        remark="Shown beside Right: what to take along.",
        setup="import numpy as np",                # what stub and answers find imported
    )

``lessonNN/__init__.py`` gathers them: it imports each `Exercise` under its name (which then hides
the module of that name) and lists them in ``EXERCISES``. What several checks need stands in
a module of its own beside them.

`examine` returns nothing if the answer is right, and raises `Wrong("because ...")` if not. A
stub is a function that raises NotImplementedError, or a value `...` (also inside a dict or a
list). An `examine` may lean on `call`, `as_array`, `as_number` and `compare` of
`sepedu.exercises.examine`; whatever else it stumbles over becomes "not right", never a traceback.
At least three `mistakes`; each gives a title for instructors, the wrong answer as source, and a
piece of the message that it must get. `tests/test_exercises.py` picks up by itself what is
listed, and fails for a module whose exercise is not.

A lesson
--------
`tests/test_lessons.py` looks at each ``lessons/NN-name.ipynb``. The first cell is
``# Lesson NN · Title`` with ``**Goals**``, ``**Minutes needed**`` and ``**What you need before**``.
Sections are ``##``; exercises ``### Exercise N · ...`` followed by the task, the stub's cell and
the check's cell; before a demonstration stands a paragraph ``**Question.** ...``; beside
a `Player` a paragraph ``**What you should hear.** ...``; a cell that draws ends in
``plots.describe(figure, "what it shows");`` (with the semicolon, so that it shows once). The last
sections are ``## Check yourself`` (three or more ``<details>``), ``## Summary``, ``## Words``
(lines ``- **term**: what it means.``, collected into the glossary of lessons/README.md) and
``## Further reading``.
``python -m sepedu.exercises.glossary`` writes lessons/README.md;
``python -m tools.edition FOLDER`` writes the instructor's edition.
"""
