#!/usr/bin/env bash
# Fetch again what the decks hold inside, from the npm registry, and keep it whole in this folder.
# Needs npm, and the course's environment (fontTools) for the fonts that figures are drawn with.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
aside="$(mktemp -d)"
trap 'rm -rf "$aside"' EXIT
cd "$aside"

fetch() { # PACKAGE@VERSION FOLDER
    mkdir -p "$2"
    tar -xzf "$(npm pack --silent "$1")" -C "$2" --strip-components=1
}
fetch reveal.js@5.2.1 reveal
fetch mathjax@3.2.2 mathjax
fetch @fontsource/atkinson-hyperlegible-next@5.3.0 next
fetch @fontsource/atkinson-hyperlegible-mono@5.3.0 mono

mkdir -p "$here/reveal" "$here/mathjax" "$here/fonts"
cp reveal/dist/reset.css reveal/dist/reveal.css reveal/dist/reveal.js reveal/LICENSE "$here/reveal/"
cp reveal/plugin/notes/notes.js "$here/reveal/"
cp mathjax/es5/tex-svg-full.js mathjax/LICENSE "$here/mathjax/"
cp next/LICENSE "$here/fonts/"
cp mono/files/atkinson-hyperlegible-mono-latin-400-normal.woff2 "$here/fonts/mono-400-normal.woff2"
# A plain zero, which is read faster on a figure's axes; TrueType, too, which matplotlib reads.
for face in 400-normal 400-italic 700-normal; do
    python "$here/plain_zero.py" "next/files/atkinson-hyperlegible-next-latin-$face.woff" "$here/fonts/next-$face.woff"
done
for face in 400-normal 700-normal; do
    python "$here/plain_zero.py" "next/files/atkinson-hyperlegible-next-latin-$face.woff" "$here/fonts/next-$face.ttf"
done
