"""The setup file from which musdb learns the sources and the validation songs of the set."""

from __future__ import annotations

from pathlib import Path

from .catalogue import CATALOGUE
from .decode import STREAMS

NAME = "musdb.yaml"


def write_setup(out: Path) -> Path:
    """Write `musdb.yaml` into the set: `musdb.DB(root=out, setup_file="musdb.yaml")` reads it."""
    sources = ("vocals", "drums", "bass", "other")
    lines = [
        "# Setup of minimus for musdb: sources, stems, targets, validation songs.",
        "sample_rate: 44100.0",
        "",
        "sources:",
    ]
    lines += [f"  {name}: {name}.wav" for name in sources]
    lines += ["", "mixture: mixture.wav", "", "stem_ids:"]
    lines += [f"  {name}: {index}" for index, name in enumerate(STREAMS)]
    lines += ["", "targets:"]
    targets = {name: (name,) for name in sources}
    targets |= {"accompaniment": sources[1:], "linear_mixture": sources}
    for target, parts in targets.items():
        lines += [f"  {target}:", *(f"    {part}: 1" for part in parts)]
    lines += ["", "validation_tracks:"]
    lines += [f"  - '{entry.name}'" for entry in CATALOGUE if entry.place == "valid"]
    path = out / NAME
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
