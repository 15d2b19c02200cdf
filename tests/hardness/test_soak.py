"""Long use: many songs, a very long song, and neither memory nor open files grow."""

import gc
import os
import tracemalloc

import numpy as np
import psutil
import pytest
import soundfile
from workbench import Workbench

from sepedu import MaskCNN, separation
from sepedu.separation import SeparationSettings, separate_file

TIMES = int(os.environ.get("SEPEDU_SOAK", "40"))
TALK = SeparationSettings(["vocals"], {"vocals": MaskCNN()})


def open_files(process: psutil.Process) -> int:
    return process.num_fds() if hasattr(process, "num_fds") else process.num_handles()


@pytest.mark.slow
def test_many_separations_in_one_process(tmp_path, capsys):
    """SEPEDU_SOAK=500 for the whole soak; the slope is that of the second half."""
    bench = Workbench(tmp_path)
    wanted = SeparationSettings(["vocals"], {"vocals": MaskCNN().eval()}, residual=True)
    process = psutil.Process()
    memory, handles = [], []
    for _ in range(TIMES):
        separate_file(bench.good, tmp_path / "out", wanted)
        gc.collect()
        memory.append(process.memory_info().rss)
        handles.append(open_files(process))
    half = TIMES // 2
    slope = float(np.polyfit(np.arange(half), memory[-half:], 1)[0])
    with capsys.disabled():
        print(f"\n{TIMES} separations: {slope / 1024:+.2f} KiB each, {handles[-1]} open files")
    assert max(handles[half:]) <= handles[half]
    assert slope < 50 * 1024


def test_the_memory_of_a_long_song_is_that_of_a_block(tmp_path, monkeypatch):
    """Four minutes need as much as two: blocks are made short, and the network is left out."""
    monkeypatch.setattr(separation, "BLOCK", 512)
    monkeypatch.setattr(separation, "predict_mask", lambda model, m, **_: m * 0 + 1)
    peaks = []
    for minutes in (1, 4):
        song = tmp_path / f"{minutes}.wav"
        soundfile.write(song, np.zeros(minutes * 60 * 8000), 8000, subtype="PCM_16")
        tracemalloc.start()
        separate_file(song, tmp_path, TALK)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        written = soundfile.info(tmp_path / str(minutes) / "vocals.wav")
        assert written.frames == minutes * 60 * 8000
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.slow
def test_a_very_long_song(tmp_path, monkeypatch, capsys):
    """A file with a hole of half an hour in it, or of three hours with SEPEDU_SOAK=500.

    The network is left out, all else is as ever.
    """
    monkeypatch.setattr(separation, "predict_mask", lambda model, m, **_: m * 0 + 1)
    song, seconds = tmp_path / "long.wav", 60 * (180 if TIMES >= 500 else 30)
    with soundfile.SoundFile(song, "w", 8000, 1, "PCM_16") as file:
        file.seek(seconds * 8000 - 1)
        file.write(np.zeros(1))
    process, start = psutil.Process(), tmp_path / "start.wav"
    soundfile.write(start, np.zeros(400 * 8000), 8000)
    separate_file(start, tmp_path, TALK)
    before, peak = process.memory_info().rss, 0

    def watched(blocks):
        nonlocal peak
        for block in blocks:
            yield block
            peak = max(peak, process.memory_info().rss)

    separate_file(song, tmp_path, TALK, progress=watched)
    assert soundfile.info(tmp_path / "long" / "vocals.wav").frames == seconds * 8000
    with capsys.disabled():
        print(f"\n{seconds // 60} minutes: {(peak - before) / 2**20:+.0f} MiB")
    assert peak - before < 200 * 2**20
