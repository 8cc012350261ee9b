#!/usr/bin/env python3
"""plot.py SOUNDS PICTURES: the pictures of docs/audio.md, from what `audio-eval --save SOUNDS` wrote.

echo-return.png   how much of the echo is gone, over time, in each scene with echo
spectrograms.png  a voice among fan and keyboard: as captured, as each chain makes it, as it was spoken
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

RATE_HZ = 48_000
WAV_HEADER_BYTES = 44  # of the files that audio-eval writes: float, mono, 48 kHz
SEED = 1
CHAINS = ("unprocessed", "mumble", "apm", "partyline")  # those of which there are files
ECHO_SCENES = ("echo60", "echo60-weak", "echo60-saturating", "echo60-jump", "echo60-drift", "echo250")
NOISE_SCENE = "fan10+kbd5"
SHOWN_S = (5, 13)
WINDOW_S = 1.0


def sound(folder, scene, what):
    path = folder / f"{scene}-{SEED}-{what}.wav"
    return np.fromfile(path, dtype="<f4", offset=WAV_HEADER_BYTES) if path.exists() else None


def levels_db(samples):
    """The level of each second, a new one each quarter of a second."""
    hop = int(RATE_HZ * WINDOW_S / 4)
    quarters = [np.mean(samples[at:at + hop].astype(float) ** 2) for at in range(0, len(samples) - hop + 1, hop)]
    power = np.convolve(quarters, np.ones(4) / 4, mode="valid")
    return 10 * np.log10(power + 1e-12)


def far_alone_s(talker):
    """When the near end begins to speak."""
    return int(np.argmax(np.abs(talker) > 0)) / RATE_HZ


def draw_echo(axes, folder, scene):
    microphone, talker = sound(folder, scene, "mic"), sound(folder, scene, "talker")
    until = far_alone_s(talker)
    before = levels_db(microphone)
    seconds = (np.arange(len(before)) / 4 + 1) * WINDOW_S
    shown = seconds <= until
    for chain in CHAINS[1:]:
        out = sound(folder, scene, chain)
        if out is not None:
            axes.plot(seconds[shown], (before - levels_db(out))[shown], label=chain)
    axes.set(title=scene, xlabel="s", ylabel="echo return loss enhancement, dB", ylim=(-5, 65), xlim=(0, until))
    axes.grid(alpha=0.3)


def echo_return(folder, picture):
    figure, grid = plt.subplots(2, 3, figsize=(12, 6.5), sharey=True)
    for axes, scene in zip(grid.flat, ECHO_SCENES):
        draw_echo(axes, folder, scene)
        axes.label_outer()
    grid.flat[0].legend()
    figure.tight_layout()
    figure.savefig(picture, dpi=80)


def draw_spectrogram(axes, samples, title):
    part = samples[SHOWN_S[0] * RATE_HZ:SHOWN_S[1] * RATE_HZ].astype(float)
    # Nothing is quieter than the picture's darkest colour.
    axes.specgram(part + 1e-7 * np.random.default_rng(1).standard_normal(len(part)), NFFT=1024, Fs=RATE_HZ,
                  noverlap=512, vmin=-130, vmax=-50, cmap="magma")
    axes.set(title=title, ylim=(0, 12_000), ylabel="Hz")


def spectrograms(folder, picture):
    shown = [("captured", sound(folder, NOISE_SCENE, "mic"))]
    shown += [(chain, sound(folder, NOISE_SCENE, chain)) for chain in CHAINS[1:]]
    shown += [("spoken", sound(folder, NOISE_SCENE, "talker"))]
    shown = [(title, samples) for title, samples in shown if samples is not None]
    figure, grid = plt.subplots(len(shown), 1, figsize=(10, 2.1 * len(shown)), sharex=True)
    for axes, (title, samples) in zip(grid, shown):
        draw_spectrogram(axes, samples, title)
    grid[-1].set_xlabel("s")
    figure.tight_layout()
    figure.savefig(picture, dpi=70)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sounds, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    echo_return(sounds, pictures / "echo-return.png")
    spectrograms(sounds, pictures / "spectrograms.png")


if __name__ == "__main__":
    main()
