"""Simulated LinkedIn actors. All accounts are companies: actors for people find nothing, without
an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.actors.asking import (
    ActorSpec,
    Input,
    account,
    handle_of,
    moment,
    newest,
    number,
    path_of,
    strings,
)
from simulator.exports import linkedin
from simulator.exports.frame import Frame, Item

PER_PAGE = 14


def company(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apimaestro/linkedin-company-posts, one company a run, `limit` ignored, fourteen a page:
    page `page_number` of `company_name` (slug or URL).
    """
    target = str(run_input["company_name"])
    source = f"https://www.linkedin.com/company/{handle_of(target)}"
    owner = account(frame, "linkedin", target)
    first = (max(1, number(run_input, "page_number", 1)) - 1) * PER_PAGE
    if owner is None:
        yield linkedin.failed(source)
        return
    for post in frame.posts(owner)[first : first + PER_PAGE]:
        yield linkedin.item(frame, post, source)


def harvest(frame: Frame, run_input: Input) -> Iterator[Item]:
    """harvestapi/linkedin-company-posts: `maxPosts` is the budget of the whole run, spent in
    turn.
    """
    since = moment(run_input, "postedLimitDate", frame.at)
    found = [
        (post, url)
        for url in strings(run_input, "targetUrls")
        if path_of(url)[:1] != ["in"] and (owner := account(frame, "linkedin", url))
        for post in newest(frame.posts(owner, since=since))
    ]
    for post, url in found[: number(run_input, "maxPosts", 0) or None]:
        yield linkedin.harvest_item(frame, post, url)


def search(frame: Frame, run_input: Input) -> Iterator[Item]:
    """supreme_coder/linkedin-post: `urls` of companies or posts, `limitPerSource` each."""
    since = moment(run_input, "scrapeUntil", frame.at)
    for url in strings(run_input, "urls"):
        urn = re.search(r"activity[:-](\d+)", url)
        lone = frame.world.post_of.get(f"linkedin:{urn.group(1)}") if urn else None
        owner = None if urn else account(frame, "linkedin", url)
        found = [lone] if lone and lone.exists(frame.at) else []
        found += newest(frame.posts(owner, since=since)) if owner else []
        for post in found[: number(run_input, "limitPerSource", 10)]:
            yield linkedin.search_item(frame, post, url)
        if not found:
            yield linkedin.failed(url)


def nobody(_frame: Frame, _run_input: Input) -> Iterator[Item]:
    """The actors for people: there are none in this world."""
    return iter(())


ACTORS = (
    ActorSpec("harvestapi/linkedin-company-posts", harvest, 0.002),
    ActorSpec("harvestapi/linkedin-profile-posts", nobody, 0.002),
    ActorSpec("apimaestro/linkedin-company-posts", company, 0.005, required=("company_name",)),
    ActorSpec("apimaestro/linkedin-profile-posts", nobody, 0.005, required=("username",)),
    ActorSpec("supreme_coder/linkedin-post", search, 0.001),
)
