"""A small film for every video post, with a known truth: cuts, words on screen, speech, beat,
level.

Deterministic from (seed, creative): posts that share a creative show the same film, each platform
in its own size and quality, as re-uploads do.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simulator.soundtrack import RATE_HZ, Sound, level_dbfs, soundtrack
from simulator.world import SimPost, World
from vtlib.core.models import Platform

SIZE = (270, 480)
SHOWN: dict[Platform, tuple[float, int]] = {"tiktok": (16 / 15, 30), "x": (1.2, 26)}
_LOCKS: dict[Path, threading.Lock] = {}
_LOCKS_GUARD = threading.Lock()


def plan(post: SimPost, seed: int) -> dict[str, Any]:
    """What the film of `post` shows and sounds like; times in seconds, rising, frame-exact.

    Keys: duration_s, fps, width, height, cuts_s, texts [{text, start_s, end_s}], speech_s and
    silence_s [[start, end]], tempo_bpm, level_dbfs, moves (pixels a second of each shot).
    """
    rng = _rng(seed, post.creative)
    duration_s, fast = float(post.duration_s or 0), "fast_cuts_3s" in post.features
    fps = 10 if post.format == "long" else rng.choice((24, 25, 30))
    cuts = _cuts(rng, duration_s, fps, fast=fast)
    is_wide = post.format == "long" or (post.platform == "x" and rng.random() < 0.5)
    width, height = _sizes(post.platform, is_wide=is_wide)
    large = "large_motion" in post.features
    return {
        "duration_s": round(duration_s * fps) / fps,
        "fps": fps,
        "width": width,
        "height": height,
        "cuts_s": cuts,
        "texts": _texts(rng, post, duration_s, fps),
        "speech_s": _speech(rng, duration_s, asks="spoken_question" in post.features),
        "silence_s": [[duration_s - 0.6, duration_s]] if rng.random() < 0.3 else [],
        "tempo_bpm": rng.choice((100, 110, 120, 128, 140))
        if "beat_drop" in post.features
        else None,
        "level_dbfs": rng.uniform(-26, -15),
        "moves": [rng.uniform(120, 200) if large else rng.uniform(0, 12) for _ in [0, *cuts]],
        "colourful": "colour_pop" in post.features,
    }


def film(world: World, post: SimPost, folder: Path) -> Path:
    """The MP4 of a video post, rendered on first use into `folder` with its truth beside it
    (.json).
    """
    path = folder / f"{post.platform}-{post.native_id}.mp4"
    with _lock(path):
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _render(post, world.seed, path)
    return path


def sound_only(world: World, post: SimPost, folder: Path) -> Path:
    """The same clip without its picture: an MP4 that holds sound alone."""
    path = folder / f"{post.platform}-{post.native_id}-sound.mp4"
    with _lock(path):
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            sound = soundtrack(plan(post, world.seed), _rng(world.seed, post.creative, "sound"))
            with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
                _write_sound(out, out.add_stream("aac", rate=RATE_HZ, layout="mono"), sound)
    return path


def picture(world: World, key: str, folder: Path) -> Path:
    """A JPEG for a photo, a slide, a cover or a profile, by the name in its URL."""
    path = folder / f"{key}.jpg"
    with _lock(path):
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shot = _background(_rng(world.seed, key), (540, 675), colourful=True, hue=0)
            image = Image.fromarray(shot)
            _draw(image, "simulated photo")
            part = path.with_suffix(".part")
            image.save(part, "JPEG", quality=80)
            part.replace(path)
    return path


def _render(post: SimPost, seed: int, path: Path) -> None:
    what, rng = plan(post, seed), _rng(seed, post.creative, "look")
    sound = soundtrack(what, _rng(seed, post.creative, "sound"))
    part = path.with_suffix(f".{os.getpid()}.part")
    quality = SHOWN.get(post.platform, (1.0, 27))[1]
    with av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as out:
        video = out.add_stream("libx264", rate=what["fps"])
        video.width, video.height, video.pix_fmt = what["width"], what["height"], "yuv420p"
        video.options = {"preset": "ultrafast", "crf": str(quality), "threads": "1"}
        audio = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        for i, pixels in enumerate(_frames(what, rng)):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, what["fps"])
            out.mux(video.encode(frame))
        out.mux(video.encode())
        _write_sound(out, audio, sound)
    truth = what | {"post_id": post.post_id, "level_dbfs": level_dbfs(sound)}
    path.with_suffix(".json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    part.replace(path)


def _write_sound(out: OutputContainer, stream: AudioStream, sound: Sound) -> None:
    size = 1024
    for at in range(0, len(sound), size):
        frame = av.AudioFrame.from_ndarray(
            sound[None, at : at + size], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE_HZ, at
        frame.time_base = Fraction(1, RATE_HZ)
        out.mux(stream.encode(frame))
    out.mux(stream.encode())


def _frames(what: dict[str, Any], rng: Random) -> Iterator[NDArray[np.uint8]]:
    fps, shown = what["fps"], (what["width"], what["height"])
    size = SIZE if shown[0] < shown[1] else SIZE[::-1]
    edges = [0.0, *what["cuts_s"], what["duration_s"]]
    first_hue = rng.randrange(360)
    for n, (start, end) in enumerate(pairwise(edges)):
        # A third of the colour circle and another pattern at each cut: no cut that could be
        # overlooked.
        hue = (first_hue + 125 * n) % 360
        back = _background(rng, size, colourful=what["colourful"], hue=hue)
        for i in range(round(start * fps), round(end * fps)):
            moved = np.roll(back, round(what["moves"][n] * (i / fps - start)), axis=1)
            yield _shown(moved, what["texts"], i / fps, shown)


def _background(
    rng: Random, size: tuple[int, int], *, colourful: bool, hue: int
) -> NDArray[np.uint8]:
    """A patterned picture: a slope of one hue with discs and bars of others on it."""
    width, height = size
    saturation = 85 if colourful else 35
    image = Image.new("RGB", size, f"hsl({hue},{saturation}%,{rng.randint(25, 65)}%)")
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(9, 14)):
        x, y, r = rng.randrange(width), rng.randrange(height), rng.randrange(20, 90)
        fill = f"hsl({(hue + rng.randint(-40, 40)) % 360},{saturation}%,{rng.randint(15, 85)}%)"
        box = (x - r, y - r, x + r, y + r)
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=fill)
    return np.asarray(image)


def _shown(
    frame: NDArray[np.uint8], texts: list[dict[str, Any]], at_s: float, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """The frame with the words of its moment, in the size the platform keeps."""
    words = [t["text"] for t in texts if t["start_s"] <= at_s < t["end_s"]]
    if not words and frame.shape[1::-1] == size:
        return frame
    image = Image.fromarray(frame)
    if words:
        _draw(image, "\n".join(words))
    return np.asarray(image if image.size == size else image.resize(size))


def _draw(image: Image.Image, text: str) -> None:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=image.width / 14)
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and draw.textlength(longer, font=font) > image.width * 0.84:
            lines.append(line)
            longer = word
        line = longer
    block = "\n".join([*lines, line])
    place = (image.width / 2, image.height * 0.3)
    box = draw.multiline_textbbox(place, block, font=font, anchor="mm", align="center")
    draw.rectangle((box[0] - 6, box[1] - 6, box[2] + 6, box[3] + 6), fill="black")
    draw.multiline_text(place, block, font=font, anchor="mm", align="center", fill="white")


def _cuts(rng: Random, duration_s: float, fps: int, *, fast: bool) -> list[float]:
    cuts: list[float] = []
    at = 0.0 if fast else rng.uniform(1.45, 1.8)  # a slow film has its first cut after 3 s
    while True:
        at += rng.uniform(0.6, 1.1) if fast and at < 3 else rng.uniform(1.6, 3.0)
        if at > duration_s - 0.5:
            return cuts
        cuts.append(round(at * fps) / fps)


def _texts(rng: Random, post: SimPost, duration_s: float, fps: int) -> list[dict[str, Any]]:
    early = "words_on_screen_2s" in post.features
    start = rng.uniform(0.1, 0.4) if early else rng.uniform(2.1, 2.4)
    if not early and rng.random() < 0.4:
        return []
    line = post.caption.partition("\n")[0].encode("ascii", "ignore").decode()[:48].strip()
    end = min(duration_s - 0.2, start + rng.uniform(1.8, 2.6))
    times = [round(t * fps) / fps for t in (start, end)]
    return [{"text": line, "start_s": times[0], "end_s": times[1]}]


def _speech(rng: Random, duration_s: float, *, asks: bool) -> list[list[float]]:
    if not asks and rng.random() < 0.3:
        return []
    start = 0.2 if asks else rng.uniform(0.4, 1.5)
    spoken = []
    while start < duration_s - 1.3:  # the last 0.7 s may be silent
        end = min(start + rng.uniform(0.8, 2.0), duration_s - 0.7)
        spoken.append([round(start, 2), round(end, 2)])
        start = end + rng.uniform(0.6, 1.2)
    return spoken


def _sizes(platform: Platform, *, is_wide: bool) -> tuple[int, int]:
    scale = SHOWN.get(platform, (1.0, 0))[0]
    short, long = (round(side * scale / 2) * 2 for side in SIZE)
    return (long, short) if is_wide else (short, long)


def _rng(*key: object) -> Random:
    return Random("/".join(map(str, key)))  # noqa: S311 (a simulation, no secret)


def _lock(path: Path) -> threading.Lock:
    with _LOCKS_GUARD:
        return _LOCKS.setdefault(path, threading.Lock())
