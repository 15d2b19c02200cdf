"""Renew docs/results.md, the README's table and the card of the networks from docs/results.json.

    python -m tools.results_pages

`make results` gives it after `sepedu results`, which measures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepedu.checkpoints import UNET, load_checkpoint, weights_path
from sepedu.engine.files import write_text
from sepedu.engine.results import as_markdown, readme_table
from sepedu.engine.resume import history_path
from sepedu.errors import SepeduError

CLONE = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- results:begin, written by `sepedu results` -->", "<!-- results:end -->"


def weights_card(
    results: Mapping[str, Any], histories: Mapping[str, list[dict]], unet: Mapping[str, Any]
) -> str:
    """The card of the trained networks: what each learned from, for how long, and its limits.

    Parameters
    ----------
    results : mapping
        As `collect_results` returns them.
    histories : mapping of str to list of dict
        By source, the rows that its training wrote.
    unet : mapping
        What the U-Net's checkpoint says of it, and the number of its `parameters`.
    """
    lines = [
        "# The trained networks",
        "",
        "Made by `sepedu results`. Each file is one network of 323,233 parameters in the format "
        "safetensors, with its settings, its history and its figures inside, the normalisation and "
        "the average mask beside the weights. `SOURCE.history.json` holds a row for each epoch. "
        "`unet.safetensors` is one network for all four sources, see below.",
        "",
        "| | learned from | songs | epochs | minutes | validation accuracy | command |",
        "|---|---|---|---|---|---|---|",
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
            f"{command} |"
        )
    lines += [
        "",
        "`unet.safetensors` is one U-Net for all four sources, `MaskUNet`, which `sepedu separate` "
        f"uses by default: {unet['parameters']:,} parameters, {unet['steps']:,} steps in "
        f"{unet['minutes']} minutes, data: {unet['data']}. Its recipe and its figures on the "
        "validation songs stand inside.",
        "",
        "The minutes are those of the machine that trained them, and of what else it did.",
        "",
        "**Limits.** They heard about nine minutes of music, mostly Western pop and rock, at "
        "22,050 Hz: above 11,025 Hz they know nothing. What they reach on songs they never heard "
        "stands in [docs/results.md](../../docs/results.md), beside guesses and ideal masks.",
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


def main() -> None:
    results = json.loads((CLONE / "docs" / "results.json").read_text(encoding="utf-8"))
    weights = CLONE / "data" / "weights"
    histories = {
        source: json.loads(history_path(weights / f"{source}.safetensors").read_text())
        for source in results["training"]
    }
    model, about, _ = load_checkpoint(weights_path(UNET))
    unet = about | {"parameters": sum(p.numel() for p in model.parameters())}
    write_text(CLONE / "docs" / "results.md", as_markdown(results))
    update_readme(CLONE / "README.md", results)
    write_text(weights / "README.md", weights_card(results, histories, unet))


if __name__ == "__main__":
    main()
