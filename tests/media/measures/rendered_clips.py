"""Clips rendered for the tests: what happens in them, and when, is given by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

RATE_HZ = 44_100
Draw = Callable[[Image.Image, float], Image.Image]


@cache
def scene(seed: int) -> Image.Image:
    """A picture with a photograph's spectrum (1/f noise in colour) and a few hard shapes."""
    rng = np.random.default_rng(seed)
    side = 512
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij"))
    planes = []
    for _ in range(3):
        spectrum = (rng.normal(size=f.shape) + 1j * rng.normal(size=f.shape)) / np.maximum(f, 2e-3)
        plane = np.fft.irfft2(spectrum, (side, side))
        planes.append(128 + rng.uniform(-30, 30) + 45 * plane / plane.std())
    image = Image.fromarray(np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = rng.uniform(60, 450), rng.uniform(60, 450), rng.uniform(12, 55)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return image.filter(ImageFilter.GaussianBlur(1))


def view(seed: int, size: tuple[int, int], *, zoom: float = 1.0, x: float = 0, y: float = 0):
    """The part of a scene that a camera sees; `x`, `y` move it, in ratios of the scene."""
    image = scene(seed)
    w, h = size
    high = 440 / zoom * min(1.0, h / w) if w > h else 440 / zoom
    wide = high * w / h
    cx = min(max(256 + x * 512, wide / 2), 512 - wide / 2)
    cy = min(max(256 + y * 512, high / 2), 512 - high / 2)
    box = (cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2)
    return image.resize(size, Image.Resampling.BILINEAR, box=box)


def write_text(image: Image.Image, text: str, *, y: float = 0.7, size: int = 30) -> Image.Image:
    """White letters with a black rim."""
    ImageDraw.Draw(image).text(
        (image.width * 0.08, image.height * y),
        text,
        font=ImageFont.load_default(size),
        fill="white",
        stroke_width=3,
        stroke_fill="black",
    )
    return image


@dataclass(frozen=True)
class Clip:
    """What to render: `picture(t)` gives the frame at t."""

    picture: Callable[[float], Image.Image]
    duration_s: float = 4.0
    fps: Fraction = Fraction(30)
    times_s: tuple[float, ...] = ()
    sound: np.ndarray | None = None
    rotation_deg: int = 0
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: {"preset": "ultrafast", "crf": "23"})


def render(clip: Clip, path: Path) -> Path:
    """Write the clip; with `times_s` at a variable frame rate."""
    times = clip.times_s or tuple(
        float(i / clip.fps) for i in range(round(clip.duration_s * clip.fps))
    )
    with av.open(str(path), "w") as out:
        first = clip.picture(0.0)
        video = out.add_stream(clip.codec, clip.fps, options=clip.options)
        video.width, video.height, video.pix_fmt = *first.size, "yuv420p"
        if clip.times_s:
            video.codec_context.time_base = Fraction(1, 90_000)
        if clip.rotation_deg:
            video.set_display_rotation(clip.rotation_deg)
        audio = None
        if clip.sound is not None:
            audio = out.add_stream(
                "libopus" if path.suffix == ".webm" else "aac",
                48_000 if path.suffix == ".webm" else RATE_HZ,
                layout="mono",
            )
        for i, time in enumerate(times):
            frame = av.VideoFrame.from_image(clip.picture(time))
            if clip.times_s:
                frame.pts, frame.time_base = round(time * 90_000), Fraction(1, 90_000)
            else:
                frame.pts, frame.time_base = i, 1 / clip.fps
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            for frame in _sound_frames(clip.sound):
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def _sound_frames(samples: np.ndarray) -> Iterable[av.AudioFrame]:
    for at in range(0, len(samples), 1024):
        part = np.ascontiguousarray(samples[None, at : at + 1024], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, at, Fraction(1, RATE_HZ)
        yield frame


def cutting(
    cuts_s: list[float], size: tuple[int, int] = (180, 320), *, seed: int = 0, drift: float = 0.02
) -> Callable[[float], Image.Image]:
    """Scenes that follow each other at `cuts_s`, the camera drifting."""
    edges = [0.0, *cuts_s]

    def picture(t: float) -> Image.Image:
        k = sum(e <= t + 1e-6 for e in edges) - 1
        return view(seed + k, size, x=drift * np.sin(2 * t), y=drift * np.cos(1.5 * t))

    return picture


def beats(bpm: float, seconds: float) -> np.ndarray:
    """Decaying 90 Hz strokes, over faint noise."""
    samples = np.random.default_rng(0).normal(0, 0.003, int(seconds * RATE_HZ))
    n = np.arange(4000)
    stroke = 0.4 * np.exp(-n / 600) * np.sin(2 * np.pi * 90 * n / RATE_HZ)
    for start in np.arange(0, seconds - 0.1, 60 / bpm):
        at = int(start * RATE_HZ)
        samples[at : at + 4000] += stroke[: len(samples) - at]
    return samples


def tone(seconds: float, dbfs: float, hz: float = 997) -> np.ndarray:
    """A sine whose peak is at `dbfs`."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * t)
