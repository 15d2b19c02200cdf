"""Decks: how they are read, what their errors say, and what a figure becomes."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

from sepedu import plots
from sepedu.errors import SepeduError
from sepedu.songs import SOURCES
from sepedu.widgets.base import LessonWidget
from tools.slides import material
from tools.slides.build import find_decks, local_about, serve
from tools.slides.deck import Deck, read_deck
from tools.slides.figures import as_svg
from tools.slides.guide import filled, guide_path
from tools.slides.live import Live
from tools.slides.material import lacking, measured
from tools.slides.page import as_script
from tools.slides.render import lesson_link, render_deck
from tools.slides.sounds import Sounds

SLIDES = Path(__file__).resolve().parent.parent / "slides"
DECKS = [path for path in sorted(SLIDES.glob("*.md")) if path.stem != "README"]
FRONT = "---\ntitle: A deck\n---\n\n"
NOTE = "\nNote (2 min): Say it.\n"


def deck(folder: Path, text: str, code: str = "") -> Deck:
    """A deck of this text, with its code beside it."""
    path = folder / "made-up.md"
    path.write_text(text, encoding="utf-8")
    if code:
        path.with_suffix(".py").write_text(code, encoding="utf-8")
    return read_deck(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# No front matter\n" + NOTE, "no front matter with a title"),
        ("---\ntitle: [\n---\n# A\n" + NOTE, "not YAML"),
        (FRONT + "just words\n" + NOTE, "slide 1 (line 5): the slide has no heading"),
        (
            FRONT + "# One\n" + NOTE + "\n---\n\n## Two\n",
            "slide 2 (line 11) “Two”: the slide needs",
        ),
        (FRONT + "# One\nNote: no minutes\n", "says its minutes"),
        (FRONT + "# One\n\na\n|||\nb\n|||\nc\n" + NOTE, "there are 3 columns"),
        (FRONT + "# One\n\nData: a\n\nmore\n" + NOTE, "belongs into one line at its end"),
        (FRONT + "Part: luck\n\n# One\n" + NOTE, "the part 'luck' is unknown"),
    ],
)
def test_a_faulty_deck_names_file_and_slide(tmp_path, text, says):
    with pytest.raises(SepeduError, match=re.escape(says)) as error:
        deck(tmp_path, text)
    assert "made-up.md" in str(error.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("```run\nnothing_such\n```", "NameError"),
        ("```run\n1 / 0\n```", "ZeroDivisionError"),
        ("```run\n3\n```", "a int cannot be shown"),
        ("{{ missing }}", "`missing` failed"),
        ("{{ 3 }", "{{ has no }}"),
        ("```run\nfigure\n```", "no description"),
    ],
)
def test_faulty_code_names_the_slide(tmp_path, body, says):
    made = deck(
        tmp_path,
        f"{FRONT}# One\n{NOTE}\n---\n\n## Two\n\n{body}\n{NOTE}",
        "import matplotlib.pyplot as plt\nfigure = plt.figure()\n",
    )
    with pytest.raises(SepeduError, match=re.escape(says)) as error:
        render_deck(made)
    assert "made-up.md, slide 2 (line 11) “Two”" in str(error.value)
    plt.close("all")


def test_a_slide_becomes_html(tmp_path):
    made = deck(
        tmp_path,
        FRONT + "# One\n" + NOTE + "\n---\n\n## Two\n\n```python\na = 1\n---\n```\n\nQuestion: Why "
        "{{ 100 * share:.0f}}%?\n\nAnswer: For {{ -2:.1f}} dB.\n\nNote (0.5 min): Wait.\n",
        "share = 0.25\n",
    )
    (_, second), left_out = render_deck(made)
    assert left_out == []
    assert 'data-timing="30"' in second and "Minutes 2 to 2.5 of 2.5." in second
    assert '<div class="question"><p>Why 25%?</p>' in second
    assert '<div class="answer fragment"><p>For −2.0 dB.</p>' in second
    assert "---" in second, "dashes inside of code divide no slides"


def test_data_sections_and_agenda(tmp_path):
    made = deck(
        tmp_path,
        FRONT
        + "# One\n"
        + NOTE
        + "\n---\n\nSection: First\nPart: see\n\n## Two\n\n```run\nagenda\n"
        "```\n\nData: {{ count }} songs, T = 0.5\n" + NOTE + "\n---\n\n## Three\n" + NOTE,
        "count = 3\n",
    )
    (_, second, third), _ = render_deck(made)
    assert '<p class="data">3 songs, T = 0.5</p>' in second
    assert "<td>First</td>" in second and "4 min" in second
    assert '<b aria-current="true">see</b>' in third and "A deck › First" in third


def test_a_slide_without_its_material_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.slides.material.read_results", lambda: None)
    made = deck(tmp_path, FRONT + "# One\n" + NOTE + "\n---\n\nNeeds: results\n\n## Two\n" + NOTE)
    slides, left_out = render_deck(made)
    assert len(slides) == 1
    assert "“Two”" in left_out[0] and "sepedu results" in left_out[0]
    with pytest.raises(SepeduError, match="unknown"):
        lacking("luck")


def test_unknown_decks():
    assert [path.stem for path in find_decks(["02"])] == ["02-binary-masks"]
    with pytest.raises(SepeduError, match="overview"):
        find_decks(["99"])


def test_a_figure_becomes_svg():
    figure, axes = plt.subplots()
    plots.spectrogram(np.random.default_rng(0).random((513, 40)), axes=axes)
    axes.plot([0, 0.4], [1, 5], color="#0072b2")
    picture = as_svg(plots.describe(figure, 'noise & a "line"'), "s1f1")
    plt.close(figure)
    assert 'role="img" aria-label="noise &amp; a &quot;line&quot;"' in picture
    assert "var(--bass)" in picture and "#0072b2" not in picture
    assert "data:image/webp;base64," in picture and "image/png" not in picture
    names = re.findall(r'\bid="([^"]+)"', picture)
    assert names and all(name.startswith("s1f1-") for name in names)


def test_sounds_share_one_gain():
    loud, soft = np.full(8000, 2.0, np.float32), np.full(8000, 0.1, np.float32)
    page = Sounds({"loud": loud, "soft <b>": soft}, 22050)._repr_html_()
    assert "One gain for all: 0.50" in page and "soft &lt;b&gt;" in page
    assert page.count("data:audio/mpeg;base64,") + page.count("data:audio/flac;base64,") == 2


def test_a_sound_says_its_own_ratio():
    truth = np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8
    sounds = Sounds({"half": 0.5 * truth, "truth": truth}, 22050, truth=truth, exact=True)
    page = sounds._repr_html_()
    assert page.count("data-sdr") == 1 and "half <b>6.0 dB</b>" in page
    assert page.count("data:audio/flac;base64,") == 2


def test_sounds_stand_in_rows():
    truth = np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8
    recordings = {"mixture": truth, "bass, ours": 0.5 * truth, "bass, <true>": truth}
    page = Sounds(recordings, 22050, truth=truth, rows=("ours", "<true>"))._repr_html_()
    above, below = page.split('<div class="sound-rows"')
    assert above.count('class="sound"') == 1 and "<span>mixture</span>" in above
    assert "<span>ours</span>" in below and "<span>&lt;true&gt;</span>" in below
    assert "<span>bass <b>6.0 dB</b></span>" in below and "<span>bass</span>" in below


def test_what_widgets_have_in_common_is_in_the_page_once():
    class Turned(LessonWidget):
        _esm = "export default { render() {} };"
        picture, position = traitlets.Bytes().tag(sync=True), traitlets.Int().tag(sync=True)

    live = Live({name: Turned(picture=b"the same", position=n) for n, name in enumerate("ab")})
    shared, own = live.state()
    assert "picture" in shared and own == {"a": {"position": 0}, "b": {"position": 1}}
    page = live._repr_html_()
    assert page.count(shared["picture"]["base64"]) == 1
    assert '<button type="button">a</button><button type="button">b</button>' in page


@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)
def test_the_last_slide_leads_to_the_lesson(path):
    link = lesson_link(read_deck(path))
    if path.stem == "overview":
        assert 'href="../index.html"' in link
    else:
        assert (SLIDES.parent / "lessons" / f"{path.stem}.ipynb").is_file()
        assert (
            f"lessons/{path.stem}.ipynb" in link and f'href="../lessons/{path.stem}.html"' in link
        )


@pytest.mark.parametrize("path", DECKS[:-1], ids=lambda path: path.stem)
def test_a_lessons_deck_fills_a_lecture_with_questions(path):
    """40 to 45 minutes leave the other half of a lecture to the notebook."""
    assert 40 <= sum(slide.minutes for slide in read_deck(path).slides) <= 45


def test_the_song_in_the_middle(monkeypatch):
    """By what the U-Net gains; of two in the middle the one that gains less."""
    reached = {"a": (1.0, 2.0), "b": (0.0, 4.0), "c": (5.0, 5.0), "d": (3.0, 6.0)}
    monkeypatch.setattr(material, "test_songs", lambda start, end: reached)
    material.middle_song.cache_clear()
    assert material.middle_song(0, 1) == "a"
    material.middle_song.cache_clear()


def test_a_script_cannot_end_the_page():
    assert as_script("'</SCRIPT>'") == r"<script>'<\/SCRIPT>'</script>"


@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)
def test_each_deck_is_complete(path):
    made = read_deck(path)
    assert 12 <= len(made.slides) <= 30
    assert any("Answer:" in column for slide in made.slides for column in slide.columns)
    for slide in made.slides:
        assert 0.5 <= slide.minutes <= 5, slide.place
        assert len(slide.notes) > 60 and slide.notes.endswith((".", "?", "!")), slide.place
        for column in slide.columns:
            assert column.count("Answer:") <= column.count("Question:") <= 1, slide.place


@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)
def test_figures_and_numbers_say_what_they_are_made_of(path):
    made = read_deck(path)
    for slide in made.slides[1:]:
        assert slide.data or not slide.quotes_data, slide.place


def test_headlines_that_a_table_must_bear_out():
    """Deck 07: the average mask beats the talk's network on bass and other; bass gains least."""
    sdr = {
        (source, method): measured(source, method, "sdr")
        for source in SOURCES
        for method in ("average mask", "network, soft", "U-Net, soft")
    }
    for source in ("bass", "other"):
        assert sdr[source, "average mask"] > sdr[source, "network, soft"]
    for source in ("drums", "vocals"):
        assert sdr[source, "average mask"] < sdr[source, "network, soft"]
    for method in ("network, binary", "U-Net, binary"):
        majority = {source: measured(source, "majority class") for source in SOURCES}
        gains = {s: (measured(s, method) - m) / (1 - m) for s, m in majority.items()}
        assert min(gains, key=gains.__getitem__) == "bass"


def test_the_u_net_lacks_songs_first():
    """Deck 09: it is ahead on its training songs, though they are harder for the ideal mask."""
    (train, valid), (ideal_train, ideal_valid) = (
        [
            np.mean([measured(source, method, "sdr_mean", part) for source in SOURCES])
            for part in ("train", "valid")
        ]
        for method in ("U-Net, soft", "ideal ratio mask")
    )
    assert train > valid + 0.3
    assert ideal_train < ideal_valid


def test_the_overview_takes_20_minutes():
    assert sum(slide.minutes for slide in read_deck(SLIDES / "overview.md").slides) == 20


def test_there_is_a_deck_for_each_lesson_and_the_overview():
    assert [path.stem.split("-")[0] for path in DECKS] == [
        *(f"{n:02}" for n in range(10)),
        "overview",
    ]


def test_colours_have_contrast():
    """WCAG AA: 4.5 for text, 3 for graphics."""
    theme = (SLIDES / "theme" / "theme.css").read_text(encoding="utf-8")
    for block in re.findall(r":root[^{]*\{([^}]*)\}", theme):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for back in ("paper", "panel"):
            for name in ("ink", "quiet", "accent"):
                assert contrast(colours[name], colours[back]) >= 4.5, (name, back)
        for name in ("drums", "bass", "other", "vocals", "baseline", "ideal", "ours"):
            assert contrast(colours[name], colours["paper"]) >= 3, name


def contrast(one: str, other: str) -> float:
    lights = []
    for colour in (one, other):
        values = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_the_guide_is_up_to_date():
    text = guide_path().read_text(encoding="utf-8")
    assert filled(text) == text, "run: python -m tools.slides.guide"


def test_the_guide_names_slides_that_there_are():
    text = guide_path().read_text(encoding="utf-8").split("## A one-day workshop")[0]
    titles = {slide.title for path in DECKS for slide in read_deck(path).slides}
    named = re.findall("“(.+?)”", text)
    assert len(named) > 5 and set(named) <= titles


def test_decks_that_are_not_built_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("http.server.ThreadingHTTPServer.serve_forever", lambda self: None)
    (tmp_path / f"{DECKS[0].stem}.html").touch()
    assert serve(tmp_path, port=0, browser=False) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert DECKS[0].stem not in line
    assert all(path.stem in line for path in DECKS[1:])


def test_a_first_slide_names_instructor_date_and_logo(tmp_path):
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "local.yml").write_text("instructor: Ada\ndate: 12 October\nlogo: logo.svg\n")
    made = deck(tmp_path, FRONT + "# One\n" + NOTE)
    made.about.update(local_about(tmp_path))
    (first,), _ = render_deck(made)
    assert "Ada · 12 October" in first and 'src="data:image/svg+xml;base64,' in first
    (tmp_path / "local.yml").write_text("teacher: Ada\n")
    with pytest.raises(SepeduError, match="instructor, date, and logo"):
        local_about(tmp_path)
