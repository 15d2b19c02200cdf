"""Is a network as sure as it is right? The curve that shows it, from measured details."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from .accessibility import SOURCE_COLOURS, describe
from .whole import written_whole


def calibration(details: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw how many bins are ones where a network says so many: on the diagonal, it is calibrated.

    Above the diagonal the network is too careful, below it too sure. The size of a point tells how
    many bins it stands for.

    Parameters
    ----------
    details : mapping
        By source, as `measure_details` returns them.

    References
    ----------
    A. Niculescu-Mizil and R. Caruana, "Predicting good probabilities with supervised learning",
    ICML 2005.
    """
    figure, axes = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
    axes.plot([0, 1], [0, 1], ":", color="#555555", label="calibrated")
    for source, marker in zip(sorted(details), "osD^", strict=False):
        tenths = details[source]["calibration"]
        said, true = [c["said"] for c in tenths], [c["true"] for c in tenths]
        colour = SOURCE_COLOURS[source]
        axes.plot(said, true, color=colour, marker=marker, markersize=4, label=source)
        sizes = [400 * c["share"] for c in tenths]
        axes.scatter(said, true, sizes, color=colour, alpha=0.25, linewidths=0)
    axes.set(
        xlabel="What the network says", ylabel="Share of ones in the true mask", aspect="equal"
    )
    axes.legend(fontsize="small")
    furthest = max(
        (abs(c["said"] - c["true"]) for told in details.values() for c in told["calibration"]),
        default=0.0,
    )
    return describe(
        figure,
        f"Share of ones over what the network says, for {', '.join(sorted(details))}. The curves "
        f"stay within {furthest:.2f} of the diagonal.",
    )


def write_calibration(details: Mapping[str, Mapping[str, Any]], path: Path) -> Path:
    """Write the figure as PNG; the same details and fonts give the same bytes."""
    figure = calibration(details)
    with written_whole(path) as part:
        figure.savefig(part, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)
    return path
