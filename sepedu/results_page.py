"""The published numbers as tables to read: the page of results, and the README's summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import SepeduError
from .gates import MASKS
from .talk import talk_results

BEGIN, END = "<!-- results:begin, written by `sepedu results` -->", "<!-- results:end -->"


def as_markdown(results: Mapping[str, Any]) -> str:
    """The results as a page of tables."""
    lines = [
        "# Results",
        "",
        "Made by `sepedu results` from the checkpoints in "
        f"`{results.get('weights', 'data/weights')}` and {results['data']}. "
        "Mono at 22,050 Hz; true masks B = (S > 0.5 M); accuracy and mean squared error over all "
        "bins of all frames; SDR and SI-SDR in decibels, median over songs of the median over "
        "windows of one second, as museval reports it. Songs with a silent source have no SDR "
        "and are counted as such. The talk states neither its threshold nor how it divided "
        "frames, so its figures stand beside ours without being the same measurement.",
        "",
    ]
    talk = talk_results()
    rows = pd.DataFrame(results["rows"])
    for (part, source), table in rows.groupby(["part", "source"], sort=False):
        first = table.iloc[0]
        lines += [
            f"## {_PARTS[part]}: {source}",
            "",
            f"{first['songs']} songs, {first['silent']} of them without {source}; "
            f"{100 * first['ones']:.1f} % of the true mask is ones.",
            "",
            "| | accuracy | MSE | SDR | mean SDR | SI-SDR |",
            "|---|---|---|---|---|---|",
        ]
        for row in table.to_dict("records"):
            cells = [f"{row[key]:.3f}" for key in ("accuracy", "mse")]
            cells += [
                "" if pd.isna(row[key]) else f"{row[key]:.2f}"
                for key in ("sdr", "sdr_mean", "si_sdr")
            ]
            lines.append(f"| {row['method']} | {' | '.join(cells)} |")
        if (source, part) in talk.index:
            row = talk.loc[(source, part)]
            lines.append(f"| the talk | {row['accuracy']:.3f} | {row['mse']:.3f} | | | |")
        lines.append("")
    lines += _gates(results, rows)
    lines += [
        "## Is a network as sure as it is right?",
        "",
        "![Share of ones in the true masks over what each network says; the figures are in the "
        "last tables below.](calibration.png)",
        "",
        "The larger the point, the more bins. On the diagonal a network says 0.7 where 7 of 10 "
        "bins are ones.",
        "",
    ]
    for source, details in sorted(results["details"].items()):
        lines += [f"## Where the network for {source} is right", ""]
        lines += ["| from Hz | to Hz | ones | majority class | accuracy |", "|---|---|---|---|---|"]
        lines += [
            f"| {b['low']} | {b['high']} | {b['ones']:.3f} | {b['majority']:.3f} | "
            f"{b['accuracy']:.3f} |"
            for b in details["bands"]
        ]
        lines += ["", "| T | ones | majority class | accuracy |", "|---|---|---|---|"]
        lines += [
            f"| {t['threshold']} | {t['ones']:.3f} | {t['majority']:.3f} | {t['accuracy']:.3f} |"
            for t in details["thresholds"]
        ]
        lines += ["", "| the network says | of these are ones | share of bins |", "|---|---|---|"]
        lines += [
            f"| {c['said']:.2f} | {c['true']:.2f} | {c['share']:.3f} |"
            for c in details["calibration"]
        ]
        lines.append("")
    return "\n".join(lines)


def _gates(results: Mapping[str, Any], rows: pd.DataFrame) -> list[str]:
    """The masks that networks make, beside one another on the validation songs."""
    if "best_masks" not in results:
        return []
    table = rows[rows["part"] == "valid"].set_index(["source", "method"])
    lines = [
        "## One network alone, or four that share",
        "",
        "SDR on the validation songs, median and mean; `sepedu separate` takes the mask with the "
        "best median, in bold, unless told otherwise.",
        "",
        f"| | {' | '.join(MASKS)} |",
        "|---" * (len(MASKS) + 1) + "|",
    ]
    for source, best in sorted(results["best_masks"].items()):
        cells = []
        for mask in MASKS:
            if (source, f"network, {mask}") not in table.index:
                cells.append("")
                continue
            row = table.loc[(source, f"network, {mask}")]
            stars = "**" if mask == best else ""
            cells.append(f"{stars}{row['sdr']:.2f}{stars}, {row['sdr_mean']:.2f}")
        lines.append(f"| {source} | {' | '.join(cells)} |")
    return [*lines, ""]


_PARTS = {"train": "Training songs", "valid": "Validation songs", "test": "Test songs"}


def readme_table(results: Mapping[str, Any]) -> str:
    """The README's summary: each source's network beside majority class, talk and ideal mask.

    Two tables: accuracy and mean squared error, training and validation songs divided by a
    stroke; and SDR in decibels on the validation songs.
    """
    rows = pd.DataFrame(results["rows"]).set_index(["source", "part", "method"])
    talk = talk_results()
    first = [
        "| training / validation | accuracy | sharpened | majority class | mask made beforehand | "
        "the talk | MSE | sharpened | the talk |",
        "|---" * 9 + "|",
    ]
    second = [
        "| SDR (dB), validation | " + " | ".join(_README_RUNGS.values()) + " |",
        "|---" * (len(_README_RUNGS) + 1) + "|",
    ]
    for source in ("vocals", "drums", "bass", "other"):
        if (source, "valid", "network, soft") not in rows.index:
            continue

        def both(column: str, method: str, source: str = source) -> str:
            values = [rows.loc[(source, part, method), column] for part in ("train", "valid")]
            return " / ".join(f"{value:.3f}" for value in values)

        def told(column: str, source: str = source) -> str:
            return " / ".join(f"{talk.loc[(source, p), column]:.3f}" for p in ("train", "valid"))

        cells = [
            both("accuracy", "network, soft"),
            both("accuracy", "network, sharpened"),
            both("accuracy", "majority class"),
            both("accuracy", "mask made beforehand"),
            told("accuracy"),
            both("mse", "network, soft"),
            both("mse", "network, sharpened"),
            told("mse"),
        ]
        first.append(f"| {source} | {' | '.join(cells)} |")
        best = f"network, {results['best_masks'][source]}"
        rungs = [best if rung == "best" else rung for rung in _README_RUNGS]
        ratios = [f"{rows.loc[(source, 'valid', rung), 'sdr']:.1f}" for rung in rungs]
        second.append(f"| {source} | {' | '.join(ratios)} |")
    return "\n".join([*first, "", *second])


_README_RUNGS = {
    "mixture": "mixture",
    "mask made beforehand": "mask made beforehand",
    "network, soft": "network, soft",
    "best": "network, its best mask",
    "ideal binary mask": "ideal binary mask",
}
"""Columns of the README's second table, by method; "best" differs from source to source."""


def weights_card(results: Mapping[str, Any], histories: Mapping[str, list[dict]]) -> str:
    """The card of the trained networks: what each learned from, for how long, and its limits.

    Parameters
    ----------
    results : mapping
        As `collect_results` returns them.
    histories : mapping of str to list of dict
        By source, the rows that its training wrote.
    """
    lines = [
        "# The trained networks",
        "",
        "Made by `sepedu results`. Each file is one network of 323,233 parameters in the format "
        "safetensors, with its settings, its story and its figures inside, the normalisation and "
        "the mask made beforehand beside the weights. `SOURCE.history.json` holds a row for each "
        "epoch.",
        "",
        "| | learned from | songs | epochs | minutes | validation accuracy | mask | command |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for source, told in sorted(results["training"].items()):
        rows = histories[source]
        best = min(rows, key=lambda row: row["valid_loss"])
        minutes = sum(row["seconds"] for row in rows) / 60
        command = f"`sepedu train {source} --data musdb7 --out FILE "
        command += f"--epochs {told['recipe']['epochs']} --batch {told['batch']}`"
        lines.append(
            f"| {source} | {told['data']} | {told['songs']} | {len(rows)}, best {best['epoch']} | "
            f"about {minutes:.0f} | {best['valid_accuracy']:.3f} | "
            f"{results['best_masks'][source]} | {command} |"
        )
    lines += [
        "",
        "The mask is the one with the best SDR on the validation songs, which `sepedu separate` "
        "uses; it is written in `masks.json`.",
        "",
        "`refiner.safetensors` says of each bin, from what these four say of it and how it stands "
        "out from its neighbours, which masks are 1 there and how to share it out: 23,624 "
        "parameters, fitted in minutes to the same training songs by `sepedu train refiner --data "
        "musdb7 --out FOLDER`. It belongs to these four networks and notes their fingerprints.",
        "",
        "The minutes are those of the machine that trained them, and of what else it did.",
        "",
        "**Limits.** They heard about nine minutes of music, mostly Western pop and rock, at "
        "22,050 Hz: above 11,025 Hz they know nothing. They answer for the mean of the channels, "
        "so what cancels there is not found. What they reach on songs they never heard stands in "
        "[docs/results.md](../../docs/results.md), beside guesses and ideal masks.",
        "",
        "**Origin.** MUSDB18 is for academic use; so are networks trained on it. No audio of it "
        "is in these files.",
        "",
    ]
    return "\n".join(lines)


def update_readme(readme: Path, results: Mapping[str, Any]) -> None:
    """Put the summary between its two marks in the README.

    Raises
    ------
    SepeduError
        If the marks are not there.
    """
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise SepeduError(f"{readme} has no marks for the results", f"Put in: {BEGIN} {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{readme_table(results)}\n{END}{after}", encoding="utf-8")
