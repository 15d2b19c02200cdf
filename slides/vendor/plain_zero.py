"""Take the slash out of a font's zero, which a slide shows large: python plain_zero.py IN OUT.

The slash parts the zero's counter into two contours that meet along it; joined without it they
are one. Digits for tables (`zero.tf`) are made of the same outline.
"""

import sys

from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates


def main(source: str, target: str) -> None:
    """Write the font without the slash, as TrueType or WOFF by the name's ending."""
    font = TTFont(source)
    zero = font["glyf"]["zero"]
    outer, lower, _ = zero.endPtsOfContours
    points, flags = list(zero.coordinates), list(zero.flags)
    order = [*range(outer + 1)]
    below, above = list(range(outer + 1, lower + 1)), list(range(lower + 1, len(points)))
    order += [*below[:4], *above[1:], above[0], *below[4:]]
    zero.coordinates = GlyphCoordinates([points[n] for n in order])
    zero.flags = type(zero.flags)(flags[n] for n in order)
    zero.endPtsOfContours = [outer, len(points) - 1]
    zero.numberOfContours = 2
    zero.removeHinting()
    font.flavor = "woff" if target.endswith(".woff") else None
    font.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
