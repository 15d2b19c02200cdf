"""What the deck of lesson 01 draws, plays and quotes."""

import matplotlib.pyplot as plt
import numpy as np

from sepedu import STFT
from sepedu.evaluation import sdr
from sepedu.plots import BASELINE, OURS, SOURCE_COLOURS, describe, spectrogram
from sepedu.widgets import STFTExplorer
from tools.slides import panels
from tools.slides.live import Live
from tools.slides.material import magnitude, song, stft, told
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
DATA = told("Pop - Morning Train", 2, 8)
part = song("Pop - Morning Train").between(2.0, 8.0)
voice = part.sources["vocals"]
spectrum = stft.forward(voice)


PITCHES = [220.0, 330.0, 277.2, 440.0, 247.0]
highest = ("first", "second", "third", "fourth", "fifth")[int(np.argmax(PITCHES))]


def _three_notes():
    time = np.arange(RATE // 2) / RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) * 40)
    return 0.3 * np.concatenate([fade * np.sin(2 * np.pi * f * time) for f in PITCHES])


three_notes = _three_notes().astype(np.float32)


def _notes():
    figure, axes = plt.subplots(figsize=(11.7, 2.9))
    panels.envelope(axes, three_notes, RATE, OURS)
    axes.set(xlabel="Time (s)", ylabel="Amplitude", xlim=(0, len(three_notes) / RATE))
    return describe(figure, "Waveform of five notes: five solid blocks that look alike.")


def _windowed():
    figure, rows = plt.subplots(3, 1, figsize=panels.WIDE, sharex=True)
    start = int(np.argmax(np.convolve(np.abs(voice), np.ones(2048), "same"))) - 2048
    piece = voice[start : start + 4096]
    times = 1000 * np.arange(4096) / RATE
    window = np.hanning(stft.n_fft + 1)[:-1]
    rows[0].plot(times, piece, color=SOURCE_COLOURS["vocals"], linewidth=1)
    rows[0].set_ylabel("sound")
    for number in range(5):
        at = 1200 + number * stft.hop_length
        look = {"color": OURS} if number == 0 else {"color": BASELINE, "linewidth": 1}
        rows[1].plot(times[at : at + stft.n_fft], window, **look)
    rows[1].set_ylabel("windows")
    cut = np.zeros(4096)
    cut[1200 : 1200 + stft.n_fft] = window * piece[1200 : 1200 + stft.n_fft]
    rows[2].plot(times, cut, color=OURS, linewidth=1.4)
    rows[2].set(ylabel="one piece", xlabel="Time (ms)", xlim=(0, times[-1]))
    for axes in rows:
        axes.set_yticks([])
    return describe(
        figure,
        "A stretch of sound, five Hann windows that overlap by three quarters, "
        "and the piece that the first of them cuts out, faded at both ends.",
    )


def _linear_and_decibels():
    values = magnitude(part.mixture)
    figure, (left, right) = panels.grid(2, 2, panels.WIDE)
    left.imshow(
        values / values.max(),
        origin="lower",
        aspect="auto",
        cmap="magma",
        extent=(0, 6, 0, RATE / 2000),
    )
    left.set(xlabel="Time (s)", ylabel="Frequency (kHz)", title="Magnitude")
    spectrogram(values, None, "Magnitude in decibels", right, colourbar=False)
    right.set_ylabel("")
    right.set_ylim(0, 8)
    figure.colorbar(right.images[0], ax=right, label="Level (dB)", aspect=30)
    return describe(
        figure,
        "The same spectrogram twice: nearly black with linear colours, full of "
        "lines with decibels.",
    )


def _gestures():
    """A glide, a vibrato and two claps of 1.5 s."""
    time = np.arange(3 * RATE // 2) / RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) * 20)
    glide = np.sin(2 * np.pi * np.cumsum(300 * 4 ** (time / 1.5)) / RATE)
    turn = np.cumsum(440 * (1 + 0.03 * np.sin(2 * np.pi * 5.5 * time))) / RATE
    vibrato = sum(np.sin(2 * np.pi * k * turn) / k for k in range(1, 6)) / 2
    noise = np.random.default_rng(0).standard_normal(len(time)) / 2
    claps = noise * sum(
        np.exp(-40 * np.clip(time - at, 0, None)) * (time >= at) for at in (0.3, 0.9)
    )
    made = {"glide": 0.3 * fade * glide, "vibrato": 0.3 * fade * vibrato, "two claps": 0.4 * claps}
    return {name: audio.astype(np.float32) for name, audio in made.items()}


gestures = _gestures()


def _drawn():
    """Every second column deleted, made sound, and transformed again."""
    drawn = spectrum.copy()
    drawn[:, 1::2] = 0
    again = stft.forward(stft.inverse(drawn, len(voice)))
    energy = [np.sum(np.abs(one[:, 1::2]) ** 2) for one in (spectrum, again)]
    close = slice(170, 230)
    figure = panels.spectra(
        {
            "as it was": np.abs(spectrum[:, close]),
            "every second one deleted": np.abs(drawn[:, close]) + 1e-9,
            "its sound, transformed again": np.abs(again[:, close]),
        },
        "Three close-ups of a spectrogram: whole, with every second column black, and after sound "
        "and transform, where the deleted columns are filled again.",
        columns=3,
        size=(11.7, 3.3),
        bar=False,
    )
    return figure, 10 * np.log10(energy[1] / energy[0])


def _resolutions():
    time = np.arange(RATE) / RATE
    tones = np.sin(2 * np.pi * 600 * time) + np.sin(2 * np.pi * 660 * time)
    tones[RATE // 2] += 40
    figure, row = panels.grid(3, 3, (11.7, 3.6), share=False)
    for axes, size in zip(row, (256, 1024, 4096), strict=True):
        settings = STFT(RATE, size, 64)
        spectrogram(
            np.abs(settings.forward(tones)), settings, f"{size} samples", axes, colourbar=False
        )
        axes.set(xlim=(0.35, 0.65), ylim=(0.3, 1.0))
        if size != 256:
            axes.set(ylabel="", yticklabels=[])
    return describe(
        figure,
        "Three spectrograms of two close tones and a click. With 256 samples "
        "the click is thin and the tones are one band; with 4096 the tones are two "
        "thin lines and the click is wide.",
    )


def _leakage():
    time = np.arange(1024)
    tone = np.sin(2 * np.pi * 93.5 * time / 1024)
    hann = np.hanning(1025)[:-1]
    hard, soft = (np.abs(np.fft.rfft(tone * w, 16384)) for w in (np.ones(1024), hann))
    away = (np.arange(8193) / 16 - 93.5) * RATE / 1024
    near = np.abs(away) < 620
    figure = panels.curves(
        {
            name: (away[near], 20 * np.log10(level / level.max() + 1e-9)[near])
            for name, level in (("hard cut", hard), ("Hann", soft))
        },
        "Distance from the tone (Hz)",
        "Level (dB)",
        "Spectrum of one tone: with a hard cut a tent that never falls below minus 40 decibels, "
        "with a Hann window a narrow peak over a deep floor.",
        colours={"hard cut": BASELINE, "Hann": OURS},
    )
    axes = figure.axes[0]
    lobe = 2 * RATE / 1024
    axes.axvspan(-lobe, lobe, color=OURS, alpha=0.15, linewidth=0)
    axes.text(lobe + 12, -4, f"main lobe: {2 * lobe:.0f} Hz", color=OURS, fontsize=19)
    axes.set_ylim(-105, 4)
    return figure


def _overlap():
    window = np.hanning(1025)[:-1] ** 2
    figure, rows = plt.subplots(1, 3, figsize=(11.7, 4.2), sharey=True)
    for axes, hop in zip(rows, (256, 512, 1024), strict=True):
        total = np.zeros(6144)
        for start in range(0, 6144 - 1023, hop):
            total[start : start + 1024] += window
            axes.plot(np.arange(start, start + 1024), window, color=BASELINE, linewidth=1)
        axes.plot(total, color=OURS)
        axes.set(
            xlim=(1024, 4096),
            ylim=(0, 1.65),
            xlabel="Sample",
            title=f"hop {hop}",
            xticks=(1024, 2048, 3072),
        )
    rows[0].set_ylabel("Squared windows and sum")
    return describe(
        figure,
        "Squared windows and their sum for three hops: constant 1.5 at hop "
        "256, rippled at 512, down to zero between windows at 1024.",
    )


def _spread(window):
    """Standard deviations of a window's power in time and in frequency, multiplied."""
    time = np.arange(len(window)) / RATE
    power = np.abs(np.fft.fft(window, 64 * len(window))) ** 2
    frequency = np.fft.fftfreq(64 * len(window), 1 / RATE)

    def deviation(values, weights):
        mean = np.average(values, weights=weights)
        return np.sqrt(np.average((values - mean) ** 2, weights=weights))

    return deviation(time, window**2) * deviation(frequency, power)


hann_spread = f"{_spread(np.hanning(1025)[:-1]):.3f}"
explorer = Live(STFTExplorer())
notes, windowed, linear_and_decibels = _notes(), _windowed(), _linear_and_decibels()
resolutions, leakage, overlap = _resolutions(), _leakage(), _overlap()
riddle = panels.spectra(
    {
        "first": magnitude(voice),
        "second": magnitude(part.sources["drums"]),
        "third": magnitude(part.sources["bass"]),
    },
    "Three spectrograms to guess: wavy stacks of lines, vertical lines, and lines at the bottom.",
    columns=3,
    size=(11.7, 2.9),
    top=8,
    bar=False,
)

_error = np.abs(stft.inverse(spectrum, len(voice)) - voice).max()
round_trip = f"{20 * np.log10(_error):.0f} dB".replace("-", "−")
_turns = np.exp(2j * np.pi * np.random.default_rng(0).random(spectrum.shape)).astype(np.complex64)
random_phase = stft.inverse(np.abs(spectrum) * _turns, len(voice))
zero_phase = stft.inverse(np.abs(spectrum).astype(np.complex64), len(voice))
_mixed = stft.forward(part.mixture)
_borrowed = np.abs(spectrum) * np.exp(1j * np.angle(_mixed)).astype(np.complex64)
borrowed_sdr = sdr(voice, stft.inverse(_borrowed, len(voice)))
random_sdr = sdr(voice, random_phase)

shapes = panels.spectra(
    {name: magnitude(audio) for name, audio in gestures.items()},
    "Three spectrograms: a line that rises, a stack of wavy lines, two vertical lines that fade.",
    columns=3,
    size=(11.7, 3.3),
    bar=False,
)
drawn, filled = _drawn()
