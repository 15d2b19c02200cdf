"""The figures of the original talk, and those that this project measured beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from .errors import SepeduError

CITATION = (
    "O. Tkachuk, Development of a sound source separation system based on machine learning "
    "methods, talk, Lviv Polytechnic National University"
)

TALK = (
    # source, part, accuracy, mean squared error
    ("vocals", "train", 0.772, 0.153),
    ("vocals", "valid", 0.743, 0.174),
    ("drums", "train", 0.766, 0.159),
    ("drums", "valid", 0.685, 0.203),
    ("bass", "train", 0.944, 0.044),
    ("bass", "valid", 0.939, 0.051),
    ("other", "train", 0.764, 0.158),
    ("other", "valid", 0.732, 0.179),
)
"""The four tables of results: accuracy and loss on training and on validation frames."""


def talk_results() -> pd.DataFrame:
    """Return the four result tables of the original talk as one.

    The talk states neither the threshold T nor how frames were divided into training and
    validation, so its figures cannot be measured again exactly; they can be put beside others.

    Returns
    -------
    table : pandas.DataFrame, indexed by source and part ("train" or "valid")
        Columns `accuracy` (share of bins) and `mse` (mean squared error of the mask).

    References
    ----------
    O. Tkachuk, "Development of a sound source separation system based on machine learning
    methods", Lviv Polytechnic National University.

    Lesson: 07

    Examples
    --------
    >>> float(talk_results().loc[("bass", "valid"), "accuracy"])
    0.939
    """
    table = pd.DataFrame(TALK, columns=["source", "part", "accuracy", "mse"])
    return table.set_index(["source", "part"])


def results_path() -> Path:
    """Where a clone keeps the results that `sepedu results` measured."""
    return Path(__file__).parent.parent / "docs" / "results.json"


def read_results(path: Path | None = None) -> pd.DataFrame | None:
    """Read the results that the project publishes, one row per source and method.

    Parameters
    ----------
    path : path, optional
        A JSON file whose entry "rows" is a list of rows; `docs/results.json` if left away.

    Returns
    -------
    table : pandas.DataFrame or None
        Columns `data` (the set, such as "musdb7"), `part` ("train", "valid" or "test"),
        `source`, `method`, and those of `sepedu.evaluation.summarise`. None where there is no
        such file, as in an installed wheel.

    Raises
    ------
    SepeduError
        If the file is there and is not one of results.

    Lesson: 07
    """
    path = path or results_path()
    if not path.is_file():
        return None
    try:
        table = pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["rows"])
        missing = {"data", "part", "source", "method", "accuracy", "mse"} - set(table.columns)
    except (ValueError, KeyError, TypeError) as error:
        raise SepeduError(
            f"{path} does not hold results", "Make it again: sepedu results"
        ) from error
    if missing:
        raise SepeduError(
            f"The results in {path} lack {', '.join(sorted(missing))}",
            "Make them again: sepedu results",
        )
    return table
