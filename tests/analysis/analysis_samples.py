"""A film of ten seconds, measured, and an answer that agrees with it in everything."""

from vtlib.analysis.answer import VideoAnalysis


def measures(**changed):
    parts = {
        "sound": {"status": "ok", "silence": [[9.0, 10.0]]},
        "speech": {"status": "ok", "segments": [[0.5, 2.0], [4.0, 6.0]]},
        "text": {
            "status": "ok",
            "items": [
                {"start_s": 0.2, "end_s": 2.2, "text": "Everyone folds"},
                {"start_s": 0.2, "end_s": 2.2, "text": "this wrong"},
            ],
        },
        "faces": {"status": "ok", "seen": [{"t_s": 0.5, "n": 1, "largest_ratio": 0.2}]},
        "tempo": {"status": "ok", "bpm": 120.0, "confidence": 0.9},
    }
    return {"duration_s": 10.0, "cuts_s": [3.0, 5.0, 7.5], **parts, **changed}


def span(start_s, end_s):
    return {"start_s": start_s, "end_s": end_s}


def beat(start_s, end_s, *, cut=True):
    said = {"shot": "close_up", "action": "hands fold a lid"}
    return span(start_s, end_s) | said | {"starts_with_cut": cut and start_s > 0}


def rating(score):
    return {"score": score, "why": "because", "evidence": [span(0, 3)]}


def plain():
    return {
        "duration_s": 10.0,
        "language": "en",
        "hook": {
            "span": span(0, 3),
            "spoken": "everyone folds this wrong",
            "visual": "hands with a lid",
            "overlay_text": "Everyone folds this wrong",
            "types": [{"type": "contradiction_mythbust", "probability": 0.9}],
            "modality": {"audio": 0.3, "visual": 0.3, "overlay": 0.4},
            "stakes_clarity": 0.2,
            "curiosity_gap": 0.7,
            "specificity": 0.5,
            "payoff_s": 8.0,
            "first_shot": "close_up",
            "catalysts": [{"kind": "words_on_screen_2s", "span": span(0, 2)}],
        },
        "beats": [beat(0, 3), beat(3, 5), beat(5, 7.5), beat(7.5, 10)],
        "transcript": [
            span(0.5, 2.0) | {"speaker": "narrator", "text": "everyone folds this wrong"},
            span(4.1, 5.9) | {"speaker": "narrator", "text": "like so"},
        ],
        "overlays": [span(0.2, 2.2) | {"text": "Everyone folds this wrong", "style": "bold"}],
        "key_moments": [{"kind": "reveal", "span": span(7, 8), "what": "it fits"}],
        "narrative": {
            "structure": "problem and solution",
            "summary": "a lid is folded",
            "arc": [{"span": span(0, 5), "emotion": "curiosity", "intensity": 0.6}],
        },
        "sound": {"music": "beat", "effects": [], "role": "drives it", "is_cut_to_beat": True},
        "call_to_action": None,
        "factors": {
            name: rating(score)
            for name, score in (
                ("hook_strength", 4),
                ("emotion", 2),
                ("relatability", 3),
                ("novelty", 2),
                ("production", 3),
                ("pacing", 4),
            )
        },
        "platform_fit": rating(3),
        "overall": rating(3),
        "explanation": [
            {"text": "a claim to test", "sense": "read", "evidence": [span(0, 2)]},
            {"text": "a calm voice", "sense": "heard", "evidence": [span(4, 6)]},
            {"text": "the lid is small", "sense": "seen", "evidence": [span(7, 8)]},
        ],
        "risks": [],
        "ideas": [{"idea": "start later", "why": "less to wait for"}],
    }


def answer(**changed):
    return VideoAnalysis.model_validate(plain() | changed)
