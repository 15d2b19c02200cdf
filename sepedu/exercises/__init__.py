r"""Exercises that answer back: a package per lesson, and in it a module per exercise.

In a lesson
-----------
Three cells: exactly the exercise's stub, the check, and the hints as comments::

    def masked(mask, spectrum):                   # the stub: the student edits this cell
        raise NotImplementedError

    from sepedu.exercises import lesson02 as ex   # again in each: a new kernel has run no cell

    ex.masked.check()                             # finds `masked` by its name, shows the verdict

    # ex.masked.hint()                            # the next hint each time, up to the last
    # ex.masked.solution()

No stub has a name that another cell uses, such as one of the library's.

Writing an exercise
-------------------
In ``lessonNN/``, a module per exercise with all that belongs to it, from the check to the wrong
answers. Module and `Exercise` have the name of what the student defines::

    _MISTAKES = (
        Mistake("Mask unused", lambda mask, spectrum: spectrum, "The mask has had no effect."),
        Mistake("Magnitude only", lambda mask, spectrum: mask * np.abs(spectrum)),  # not complex
        ...
    )


    def _examine_masked(answer):
        compare(
            answer,
            cases={"0": (mask, spectrum), "a second shape": (...)},   # small, made here, seeded
            right=lambda mask, spectrum: mask * spectrum,
            mistakes=_MISTAKES,
            read=lambda value: as_array(value, kind="complex", what="estimate"),
            what="estimate",
        )

    masked = Exercise(
        name="masked",
        task="Apply a mask to the complex spectrum of a mixture.",
        stub="def masked(mask, spectrum):\n    raise NotImplementedError",
        reference="def masked(mask, spectrum):\n    return ...",
        hints=("A first hint.", "A second one."),
        examine=_examine_masked,
        mistakes=_MISTAKES,
        remark="Shown beside Right: what to take along.",
        setup="import numpy as np",                # what stub and answers find imported
    )

``lessonNN/__init__.py`` gathers them: it imports each `Exercise` under its name (which then hides
the module of that name) and lists them in ``EXERCISES``. What several checks need stands in
a module of its own beside them.

`examine` returns nothing if the answer is right, and raises `Wrong("because ...")` if not. A
stub is a function that raises NotImplementedError, or a value `...` (also inside a dict or a
list). An `examine` leans on `compare` of `sepedu.exercises.compare`, and on `call`, `as_array` and
`as_number` of `sepedu.exercises.call_answer`. Cases hold ties, empty classes, edges and a second
shape. `call` hands out copies, and tells an answer that changes them. Whatever else an `examine`
stumbles over becomes "not right", never a traceback.
At least three `mistakes`; each gives a title for instructors, the wrong answer, and what to say to
whoever gives the same values. Without a message it is recognised by what the check says of it
anyway: that it stops with an error, has another shape, changes its argument, and so on.
`tests/test_exercises.py` picks up by itself what is listed, and fails for a module whose exercise
is not.

A lesson
--------
`tests/test_lessons.py` looks at each ``lessons/NN-name.ipynb``. The first cell is
``# Lesson NN · Title`` with ``**Goals**``, ``**Minutes needed**`` and ``**What you need before**``.
Sections are ``##``; exercises ``### Exercise N · ...`` followed by the task and the three
cells above; before a demonstration stands a paragraph ``**Question.** ...``; beside
a `Player` a paragraph ``**What you should hear.** ...``; a cell that draws ends in
``plots.describe(figure, "what it shows");`` (with the semicolon, so that it shows once). The last
sections are ``## Check yourself`` (three or more ``<details>``), ``## Summary``, ``## Words``
(lines ``- **term**: what it means.``, collected into the glossary of lessons/README.md) and
``## Further reading``.
``python -m tools.glossary`` writes lessons/README.md;
``python -m tools.edition FOLDER`` writes the instructor's edition.
"""
