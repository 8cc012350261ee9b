#!/usr/bin/env python3
"""plot.py SOUNDS PLAYOUT PICTURES: the pictures of docs/audio.md, from what `audio-eval --save SOUNDS` and
`bench-playout --json PLAYOUT` wrote.

echo-return.png   how much of the echo is gone, over time, in each scene with echo
spectrograms.png  a voice among fan and keyboard: as captured, as each chain makes it, as it was spoken
playout.png       what is missing against what it costs in delay: our playout beside buffers of a fixed delay
"""

import io
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

RATE_HZ = 48_000
WAV_HEADER_BYTES = 44  # of the files that audio-eval writes: float, mono, 48 kHz
SEED = 1
WINDOW_S = 1.0
SHOWN_S = (5, 13)
NOISE_SCENE = "fan10+kbd5"
DB_RANGE = (-120, -50)

# Colours that stay apart in print and for the colour-blind (Okabe and Ito), and lines that do without them.
CHAINS = {
    "ours": {"label": "Partyline", "color": "#0072b2", "linewidth": 2.2},
    "apm": {"label": "WebRTC", "color": "#e69f00", "linestyle": "--", "linewidth": 1.6},
    "mumble": {"label": "Mumble", "color": "#000000", "linestyle": ":", "linewidth": 1.8},
}
ECHO_SCENES = {
    "echo60": "60 ms late",
    "echo60-weak": "60 ms late, weak",
    "echo60-saturating": "overdriven loudspeaker",
    "echo60-jump": "25 ms later from 15 s on",
    "echo60-drift": "clocks 50 ppm apart",
    "echo250": "250 ms late",
}
SPECTROGRAMS = {"mic": "as captured", "mumble": "by Mumble's chain", "ours": "by Partyline",
                "talker": "as spoken"}
NETWORKS = {
    "uniform": "jitter of 0 to 50 ms",
    "Wi-Fi bursts": "Wi-Fi: 100 ms without a packet each second",
    "bufferbloat ramp": "bufferbloat: 200 ms of queue now and then",
    "route flap": "another route, 70 ms longer, now and then",
}
FIXED_MS = (40, 60, 80)

plt.rcParams.update({"font.size": 10, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False,
                     "axes.grid": True, "grid.color": "#d9d9d9", "grid.linewidth": 0.7, "legend.frameon": False})


def sound(folder, scene, what):
    return np.fromfile(folder / f"{scene}-{SEED}-{what}.wav", dtype="<f4", offset=WAV_HEADER_BYTES)


def save(figure, picture):
    """Few colours, so that the repository stays small."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=90)
    plt.close(figure)
    Image.open(drawn).convert("RGB").quantize(32, dither=Image.Dither.NONE).save(picture, optimize=True)


def draw_grid(rows, columns, size, panels, draw):
    """A figure with a panel for each of `panels`, which share their axes and one legend; draw(axes, name, title)."""
    figure, grid = plt.subplots(rows, columns, figsize=size, sharex=True, sharey=True, layout="constrained")
    for axes, (name, title) in zip(grid.flat, panels.items()):
        draw(axes, name, title)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def levels_db(samples):
    """The level of each second, a new one each quarter of a second."""
    hop = int(RATE_HZ * WINDOW_S / 4)
    quarters = [np.mean(samples[at:at + hop].astype(float) ** 2) for at in range(0, len(samples) - hop + 1, hop)]
    power = np.convolve(quarters, np.ones(4) / 4, mode="valid")
    return 10 * np.log10(power + 1e-12)


def far_alone_s(talker):
    """When the near end begins to speak."""
    return int(np.argmax(np.abs(talker) > 0)) / RATE_HZ


def draw_echo(folder, axes, scene, title):
    until = far_alone_s(sound(folder, scene, "talker"))
    before = levels_db(sound(folder, scene, "mic"))
    seconds = (np.arange(len(before)) / 4 + 1) * WINDOW_S
    shown = seconds <= until
    for chain, style in CHAINS.items():
        axes.plot(seconds[shown], (before - levels_db(sound(folder, scene, chain)))[shown], **style)
    axes.set(title=title, xlim=(0, 30), ylim=(-5, 95), xticks=range(0, 31, 10))


def echo_return(folder, picture):
    figure = draw_grid(2, 3, (9.5, 5.6), ECHO_SCENES, lambda *panel: draw_echo(folder, *panel))
    figure.supxlabel("time since the far end began to speak, s", fontsize=10)
    figure.supylabel("echo return loss enhancement, dB", fontsize=10)
    save(figure, picture)


def draw_spectrogram(axes, samples, title):
    part = samples[SHOWN_S[0] * RATE_HZ:SHOWN_S[1] * RATE_HZ].astype(float)
    # Nothing is quieter than the picture's lightest colour.
    part = part + 1e-7 * np.random.default_rng(1).standard_normal(len(part))
    *_, image = axes.specgram(part, NFFT=2048, Fs=RATE_HZ, noverlap=1024, vmin=DB_RANGE[0], vmax=DB_RANGE[1],
                              cmap="magma_r", xextent=(0, SHOWN_S[1] - SHOWN_S[0]))
    axes.set_title(title, loc="left")
    axes.set(ylim=(0, 10_000), yticks=(0, 5_000, 10_000), yticklabels=("0", "5", "10"))
    axes.grid(False)
    return image


def spectrograms(folder, picture):
    figure, grid = plt.subplots(len(SPECTROGRAMS), 1, figsize=(8, 6), sharex=True, layout="constrained")
    for axes, (what, title) in zip(grid, SPECTROGRAMS.items()):
        image = draw_spectrogram(axes, sound(folder, NOISE_SCENE, what), title)
    figure.supylabel("frequency, kHz", fontsize=10)
    grid[-1].set_xlabel("time, s")
    figure.colorbar(image, ax=grid, label="power density, dB of full scale per Hz", shrink=0.6)
    save(figure, picture)


def draw_network(figures, axes, network, title):
    def of(buffer):
        prefix = f"playout.{network}.{buffer}"
        return figures[f"{prefix}.delay_ms_mean"], figures[f"{prefix}.missing_percent"]

    fixed = np.array([of(f"fixed {delay} ms") for delay in FIXED_MS])
    axes.plot(*fixed.T, color="#000000", linestyle=":", marker="s", label="fixed delay of 40, 60, 80 ms")
    for delay, missing in fixed:
        axes.annotate(f"{missing:.1f} %", (delay, missing), xytext=(5, 5), textcoords="offset points", fontsize=8)
    delay, missing = of("ours")
    axes.plot(delay, missing, color="#0072b2", linestyle="", marker="o", markersize=9, label="Partyline: adaptive")
    axes.annotate(f"{missing:.2g} %", (delay, missing), xytext=(0, -17), textcoords="offset points", fontsize=8,
                  color="#0072b2", weight="bold", ha="center")
    axes.set(title=title, xlim=(30, 110), ylim=(-8, 60))


def playout(figures, picture):
    figure = draw_grid(2, 2, (8.5, 6), NETWORKS, lambda *panel: draw_network(figures, *panel))
    figure.supxlabel("mean delay added to the quickest path, ms", fontsize=10)
    figure.supylabel("frames late or concealed, %", fontsize=10)
    save(figure, picture)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sounds, figures, pictures = map(Path, sys.argv[1:])
    pictures.mkdir(parents=True, exist_ok=True)
    echo_return(sounds, pictures / "echo-return.png")
    spectrograms(sounds, pictures / "spectrograms.png")
    playout(json.loads(figures.read_text()), pictures / "playout.png")


if __name__ == "__main__":
    main()
