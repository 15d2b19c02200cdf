"""The words of the songs, written for this set: kana for one voice, English for the other."""

from __future__ import annotations

import numpy as np

# One kana is one sung note. The lines speak of light, rivers, roads and company.
KANA = (
    "ひかりのかわをわたるよる",
    "そらをみあげてうたうのさ",
    "ゆめのつづきをさがしてる",
    "あおいなみまにゆれるふね",
    "きみとふたりであるくみち",
    "かぜがやさしくよんでいる",
    "まちのあかりがまたたいて",
    "あめのにおいのするまどべ",
    "はるのめざめをまつつぼみ",
    "とおいやまなみこえていく",
    "ことりのこえにめをさます",
    "ほしのかずだけねがうから",
    "しろいすなはまかけていく",
    "なつのおわりのはなびのひ",
    "いまはここからはじめよう",
    "てとてをつないでまわろうよ",
)
ENGLISH = (
    "we walk a long way home to see the sea and hear it sing",
    "you hold my hand and all the road is gold in the low sun",
    "oh stay with me and let the morning find us here alone",
    "the river knows my name and calls me over hill and stone",
    "all night the rain came down and now the sky is wide and blue",
    "light up the fire and show me where the old moon used to go",
    "turn it around and run with me until the day is done",
    "no more a stranger now I feel the wind come in from far",
)


def kana_syllables(count: int, generator: np.random.Generator) -> list[str]:
    """`count` kana, line after line from a random line on."""
    first = int(generator.integers(len(KANA)))
    text = "".join(KANA[(first + offset) % len(KANA)] for offset in range(len(KANA)))
    while len(text) < count:
        text += text
    return list(text[:count])


def english_words(count: int, generator: np.random.Generator) -> list[str]:
    """`count` English words, each sung on one note, from a random line on."""
    first = int(generator.integers(len(ENGLISH)))
    words: list[str] = []
    for offset in range(1 + count // 8):
        words += ENGLISH[(first + offset) % len(ENGLISH)].split()
    return words[:count]
