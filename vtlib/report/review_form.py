"""A rendered page of a report with the form that its client answers on. HTML in, HTML out.

The page stays as it is, byte for byte, but for the form, its script, and the policy that lets that
script run: so the pages that are answered are those of the run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import PurePosixPath
from typing import Any

from vtlib.core.language import LANGUAGES, PageReader, marked, reads, say
from vtlib.report import assembly

FORM = "viraltracker-report-review-1"
WHOLE = ""  # the place of the report as a whole
INDEX = "index.html"
CODE, TEMPLATE = "review.js", "report_review.html.j2"
DECISIONS = marked(
    {"approve": "Approve the report", "send_back": "Send it back", "comment": "Only comments"}
)
Place = Mapping[str, Any]  # title; of a video also length_s and post_id

_POLICY = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(">)')
_LANGUAGE = re.compile(r'<html lang="([a-z]{2})">')
_TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
_LENGTH = re.compile(r'<div class="vt-scrub" data-length="([\d.]+)">')
_ACTION = re.compile(r'<article [^>]*data-place="(do-\d+)"[^>]*>\s*<h3[^>]*>(.*?)</h3>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# What review.js says; in the page only where its language is not English.
_WORDS = marked(
    (
        *("No comments yet.", "comment", "comments", "on other pages"),
        *("Please write your name.", "Please give the date.", "Please choose a decision."),
        *("That second is not there:", "Please say in a comment what should change."),
        *("Saved among your downloads:", "Sending …", "Open the mail", "the whole", "at second"),
        "The answer did not get through. Try again in a moment; your comments are still here.",
        "That is too long for a mail made here. Attach the file to a mail of yours:",
        *("Approved", "Sent back", "Comments on", "Comment on this"),
    )
)


@dataclass(frozen=True, slots=True)
class FormFacts:
    """Whose form it is. `post_to`: the address of the site that takes it, "" = it is saved as a
    file or written as a mail to `mail`; `reviewer`: who signed in; `decisions`: what they may.
    """

    run_id: str
    pages: str
    mail: str = ""
    post_to: str = ""
    reviewer: str = ""
    decisions: Sequence[str] = (*DECISIONS,)


def places_of(pages: Mapping[str, str], post_of: Mapping[str, str]) -> Mapping[str, Place]:
    """What of a report can be commented on, by address: the whole, every page, each video with its
    length, each action of the index (`do-1`).

    `pages`: HTML by address from the run's folder; `post_of`: post of a video's page.
    """
    places: dict[str, dict[str, Any]] = {WHOLE: {"title": _title(pages.get(INDEX, ""))}}
    for address, html in pages.items():
        place: dict[str, Any] = {"title": _title(html)}
        if length := _LENGTH.search(html):
            place["length_s"] = float(length[1])
        if address in post_of:
            place["post_id"] = post_of[address]
        places[address] = place
    for key, heading in _ACTION.findall(pages.get(INDEX, "")):
        places[key] = {"title": _text(heading)}
    return places


def with_form(html: str, facts: FormFacts, *, page: str) -> str:
    """The page at address `page` of a report with the form; a page without our frame (a head with a
    policy, a main part) stays as it is.
    """
    policy = _POLICY.search(html)
    head, main_end, foot = html.rpartition("</main>")
    before_end, body_end, end = foot.rpartition("</body>")
    if not policy or not main_end or not body_end:
        return html
    match = _LANGUAGE.search(html)
    language = match[1] if match and match[1] in LANGUAGES else "en"
    with reads(PageReader(language)):
        form = _form(html, facts, page=page)
    code = assembly.text(CODE)
    head = head.replace(policy[0], f"{policy[1]}{_policy(policy[2], facts)}{policy[3]}", 1)
    return f"{head}{form}{main_end}{before_end}<script>{code}</script>\n{body_end}{end}"


def review_words() -> dict[str, str]:
    """What review.js says, in the reader's language; empty in English."""
    return {text: say(text) for text in _WORDS if say(text) != text}


def _form(html: str, facts: FormFacts, *, page: str) -> str:
    length = _LENGTH.search(html)
    here = WHOLE if page == INDEX else page
    data = {
        "answer": {"form": FORM, "run_id": facts.run_id, "pages": facts.pages},
        "form": FORM,
        "place": "place",
        "page": here,
        "stem": facts.run_id,
        "title": facts.run_id,
        "mail": facts.mail,
        "post_to": facts.post_to,
        "draft": f"vt-review-{facts.run_id}-{facts.pages}",
        "words": review_words(),
    }
    content = {
        "here": here,
        "is_index": page == INDEX,
        "index": "../" * (len(PurePosixPath(page).parts) - 1) + INDEX,
        "length_s": float(length[1]) if length else None,
        "is_online": bool(facts.post_to),
        "reviewer": facts.reviewer,
        "decisions": [(k, say(text)) for k, text in DECISIONS.items() if k in facts.decisions],
        "data": assembly.trusted(assembly.inert_json(data)),
    }
    return assembly.environment().get_template(TEMPLATE).render(vt=content)


def _policy(content: str, facts: FormFacts) -> str:
    own = assembly.script_hash(assembly.text(CODE))
    policy = unescape(content).replace("script-src ", f"script-src {own} ", 1)
    return escape(policy + ("; connect-src 'self'" if facts.post_to else ""))


def _title(html: str) -> str:
    match = _TITLE.search(html)
    return _text(match[1]) if match else ""


def _text(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())
