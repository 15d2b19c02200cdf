"""Measure what the course claims about speed and memory: `python -m tools.bench`.

Whatever is compared runs in alternation in one process, with the same number of threads and the
same setting of the memory allocator; each figure is the median of several runs.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

import psutil
import torch

from sepedu.engine.backend import bfloat16_is_fast
from sepedu.engine.memory import keep_freed_memory

from .measure import (
    BATCHES,
    PER_FRAME,
    beside_others,
    compiled,
    forward,
    matrix_rate,
    peak_memory,
    separate_and_tell,
    systems,
)
from .peers import is_peers_python, python_with_peers

REPORT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def tell(runs: int) -> str:
    """Measure everything and return the report, in Markdown."""
    rows: list[tuple[str, str, str]] = []

    def add(name: str, ratio: float, told: str, unit: str = " ×") -> None:
        rows.append((name, f"{ratio:.2f}{unit}", told))
        print(f"{name}: {ratio:.2f}{unit} ({told})", flush=True)

    t = forward(runs)
    batch = min(map(str, BATCHES), key=t.__getitem__)
    micro = "µs a frame"
    add(
        "Dense over plain windows, batch 64",
        t["plain"] / t["dense"],
        f"{t['dense']:.0f} and {t['plain']:.0f} {micro}",
    )
    add(
        f"Dense over best windows, channels last, batch {batch}",
        t[batch] / t["dense"],
        f"{t['dense']:.0f} and {t[batch]:.0f} {micro}",
    )
    if bfloat16_is_fast(torch.device("cpu")):
        add(
            "Dense in bfloat16 over float32",
            t["dense"] / t["dense bfloat16"],
            f"{t['dense bfloat16']:.0f} and {t['dense']:.0f} {micro}",
        )
    c = compiled(runs)
    if c:
        add(
            "Dense through `torch.compile` over dense",
            c["dense"] / c["compiled"],
            f"{c['compiled']:.0f} and {c['dense']:.0f} {micro}",
        )
    rate = matrix_rate(runs)
    floor = PER_FRAME / rate * 1e6
    add(
        "Share of the multiply-add floor, dense",
        floor / t["dense"],
        f"{PER_FRAME / 1e6:.1f} million at {2e-9 * rate:.0f} GFLOP/s: {floor:.0f} {micro}",
        "",
    )
    s = systems(runs)
    per = "s of computing per s of audio"
    add("The talk's network, one source", s["the talk's, one source"], per, "")
    add("The talk's networks, four sources", s["the talk's, four sources"], per, "")
    add("U-Net, four sources", s["U-Net, four sources"], per, "")
    add("U-Net in bfloat16, four sources", s["U-Net, bfloat16"], per, "")
    for peer in ("Open-Unmix", "HTDemucs"):
        if peer in s:
            add(
                f"Four sources over {peer}",
                s[peer] / s["U-Net, four sources"],
                f"{peer} takes {s[peer]:.4f} {per}",
            )
        else:
            rows.append((f"Four sources over {peer}", "not measured", "it could not be installed"))
    b = beside_others(min(runs, 3))
    told = f"{{:.1f}} and {b['alone']:.1f} s for two minutes of stereo"
    add(
        "`sepedu separate` beside two busy processes over alone",
        b["beside"] / b["alone"],
        told.format(b["beside"]),
    )
    add("The same at lower priority (`nice`)", b["nice"] / b["alone"], told.format(b["nice"]))
    for through, rate in (("separate", 44100), ("separate_file", 44100), ("separate_file", 44056)):
        add(
            f"Peak memory of ten minutes of stereo at {rate:,} Hz, four sources, `{through}`",
            peak_memory(through, rate) / 1000,
            "of a fresh process",
            " GB",
        )
    table = "\n".join(f"| {name} | {ratio} | {told} |" for name, ratio, told in rows)
    memory = psutil.virtual_memory().total / 2**30
    return f"""# Speed and memory

Made by `make bench` on {date.today():%d %B %Y}; ratios over 1 say how many times as fast.
The talk's networks and the other systems have random weights, which cost the same as trained ones.
Each figure is the median of {runs} runs, taken in alternation.

Machine: {processor()}, {torch.get_num_threads()} threads, {memory:.0f} GiB of memory,
{platform.system()}; Python {platform.python_version()}, PyTorch {torch.__version__}.

| What | Result | Measured |
|---|---|---|
{table}
"""


def main() -> None:
    """Read the command line, change over to the peers' environment, measure, write the report."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each case (default: 5)")
    parser.add_argument("--no-peers", action="store_true", help="leave the other systems out")
    parser.add_argument("--out", type=Path, default=REPORT, help="the report to write")
    parser.add_argument("--separate", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.separate:
        through, song, folder = arguments.separate
        separate_and_tell(through, Path(song), Path(folder))
        return
    if not arguments.no_peers and not is_peers_python():
        try:
            python = python_with_peers()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"The other systems cannot be installed ({error}): measuring without them.")
        else:
            sys.exit(subprocess.call([python, "-m", "tools.bench", *sys.argv[1:]]))
    keep_freed_memory()
    torch.manual_seed(0)
    report = tell(arguments.runs)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(report, encoding="utf-8")
    print(f"\n{report}\nWritten to {arguments.out.name}.")


if __name__ == "__main__":
    main()
