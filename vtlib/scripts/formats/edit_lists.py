"""The storyboard for editing suites: OpenTimelineIO, Final Cut 7 XML, FCPXML and CMX3600 edit
lists.

Each beat is a clip on exact frames: of the source proxy where the beat says where it comes from and
the proxy is long enough, else of the slates' video, on which every slate stands at its own time.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

import opentimelineio as otio

from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.scripts.formats.slates import frame_range
from vtlib.scripts.text import clean_line
from vtlib.scripts.timing import BeatSpan, duration_s, spans

_COLOURS = {"hook": "RED", "cta": "GREEN"}


def timeline(document: Document) -> otio.schema.Timeline:
    """The script as a timeline of one video track; beats of no length are left out."""
    result = otio.schema.Timeline(_name(document.script.title))
    result.global_start_time = _time(0, document.rate)
    result.metadata["vt"] = {**document.stamp, "stamp": document.stamp_token}
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    result.tracks.append(track)
    for span in spans(document.script):
        start, end = frame_range(span.start_s, span.end_s, document.rate)
        if end > start:
            track.append(_clip(document, span, start, end))
    return result


def as_otio(document: Document) -> FormattedDocument:
    """OpenTimelineIO JSON."""
    return FormattedDocument(
        otio.adapters.write_to_string(timeline(document), "otio_json").encode()
    )


def as_fcp7(document: Document) -> FormattedDocument:
    """Final Cut Pro 7 XML (Premiere, Resolve)."""
    text = otio.adapters.write_to_string(timeline(document), "fcp_xml")
    return _with_head(document, "xmeml", text[text.index("<xmeml") :])


def as_fcpxml(document: Document) -> FormattedDocument:
    """FCPXML 1.8 (Final Cut Pro X, Resolve).

    Written here: the adapter for it rounds a rate of 30000/1001.
    """
    rate = document.rate
    root = ET.Element("fcpxml", version="1.8")
    resources = ET.SubElement(root, "resources")
    frame = f"{rate.denominator}/{rate.numerator}s"
    ET.SubElement(resources, "format", id="r1", name="vt", frameDuration=frame)
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name="Scripts")
    source = timeline(document)
    project = ET.SubElement(event, "project", name=source.name)
    clips = list(source.find_clips())
    length = _fraction(sum(int(c.source_range.duration.value) for c in clips), rate)
    sequence = ET.SubElement(
        project, "sequence", format="r1", duration=length, tcStart="0s", tcFormat="NDF"
    )
    spine = ET.SubElement(sequence, "spine")
    assets: dict[str, str] = {}
    for clip in clips:
        url = clip.media_reference.target_url
        if url not in assets:
            assets[url] = _asset(resources, clip.media_reference, rate, number=len(assets) + 2)
        _fcpx_clip(spine, clip, rate, asset=assets[url])
    ET.indent(root)
    return _with_head(document, "fcpxml", ET.tostring(root, encoding="unicode"))


def as_edl(document: Document) -> FormattedDocument:
    """A CMX3600 edit list: pictures only, names in ASCII capitals as the format has it."""
    source = timeline(document)
    for clip in source.find_clips():
        clip.name = _ascii(clip.name)
        for marker in clip.markers:
            marker.name = _ascii(marker.name)
    source.name = _ascii(source.name)
    text = otio.adapters.write_to_string(source, "cmx_3600", rate=float(document.rate))
    # CMX3600 says how its time codes count; the adapter leaves the line out and counts every frame.
    text = text.replace("\n", "\nFCM: NON-DROP FRAME\n", 1)
    return FormattedDocument(f"{text.rstrip()}\n* {document.stamp_token}\n".encode())


def uses_slates(document: Document) -> bool:
    """Whether any clip of the timeline stands on the slates' video."""
    return any(
        _source_start(document, s) is None for s in spans(document.script) if s.duration_s > 0
    )


def _with_head(document: Document, kind: str, body: str) -> FormattedDocument:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    text = f"{head}\n<!DOCTYPE {kind}>\n<!-- {document.stamp_token} -->\n{body}\n"
    return FormattedDocument(text.encode("utf-8"))


def _asset(
    resources: ET.Element,
    media: otio.schema.ExternalReference,
    rate: Fraction,
    *,
    number: int,
) -> str:
    length = _fraction(int(media.available_range.duration.value), rate)
    facts = {"id": f"r{number}", "name": media.name, "src": media.target_url, "start": "0s"}
    ET.SubElement(resources, "asset", **facts, duration=length, hasVideo="1", format="r1")
    return f"r{number}"


def _fcpx_clip(spine: ET.Element, clip: otio.schema.Clip, rate: Fraction, *, asset: str) -> None:
    source, place = clip.source_range, clip.range_in_parent()
    times = {
        "offset": _fraction(int(place.start_time.value), rate),
        "start": _fraction(int(source.start_time.value), rate),
        "duration": _fraction(int(source.duration.value), rate),
    }
    facts = {"ref": asset, "name": clip.name, "format": "r1", "tcFormat": "NDF", **times}
    element = ET.SubElement(spine, "asset-clip", facts)
    for marker in clip.markers:
        ET.SubElement(
            element, "marker", start=times["start"], duration=_fraction(1, rate), value=marker.name
        )


def _fraction(frames: int, rate: Fraction) -> str:
    """Frames as seconds the way FCPXML writes them, exact."""
    seconds = Fraction(frames) / rate
    if seconds.denominator == 1:
        return f"{seconds.numerator}s"
    return f"{frames * rate.denominator}/{rate.numerator}s"


def _clip(document: Document, span: BeatSpan, start: int, end: int) -> otio.schema.Clip:
    rate, beat = document.rate, span.beat
    source = _source_start(document, span)
    if source is not None and document.media is not None:
        media = otio.schema.ExternalReference(
            document.media.as_uri(), _range(0, frame_range(0, document.media_s, rate)[1], rate)
        )
        media.name = _name(document.media.stem)
        first = frame_range(source, source, rate)[0]
    else:
        total_frames = frame_range(0, duration_s(document.script), rate)[1]
        media = otio.schema.ExternalReference(
            document.slates or "slates.mp4", _range(0, total_frames, rate)
        )
        media.name = PurePosixPath(document.slates or "slates.mp4").stem
        first = start
    clip = otio.schema.Clip(
        f"{span.number:02d} {beat.kind}", media, _range(first, end - start, rate)
    )
    clip.metadata["cmx_3600"] = {"reel": "AX"}
    clip.metadata["vt"] = {"beat_id": beat.beat_id, "spoken": beat.spoken, "visual": beat.visual}
    clip.markers.append(_marker(span, first, rate))
    return clip


def _source_start(document: Document, span: BeatSpan) -> float | None:
    """Where in the proxy the beat comes from, if the proxy reaches to its end (within a frame)."""
    start = span.beat.source_start_s
    if document.media is None or start is None:
        return None
    slack = float(1 / document.rate)
    return start if start + span.duration_s <= document.media_s + slack else None


def _marker(span: BeatSpan, first: int, rate: Fraction) -> otio.schema.Marker:
    words = clean_line(span.beat.overlay or span.beat.spoken or span.beat.visual)[:80]
    marker = otio.schema.Marker(
        name=_name(f"{span.beat.beat_id} {words}"),
        marked_range=_range(first, 1, rate),
        color=_COLOURS.get(span.beat.kind, "CYAN"),
    )
    marker.comment = words
    return marker


def _range(start: int, frames: int, rate: Fraction) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start, rate), _time(frames, rate))


def _time(frames: int, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, float(rate))


def _name(text: str) -> str:
    return clean_line(text)[:120] or "script"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^A-Za-z0-9 ._#-]", " ", plain).split()) or "SCRIPT"
