"""The simulated LinkedIn actor: one company a call, `limit` ignored, fourteen posts a page."""

from __future__ import annotations

from collections.abc import Iterator

from vtlib.sandbox.actors.asking import ActorSpec, Input, account, handle_of, number
from vtlib.sandbox.exports import linkedin
from vtlib.sandbox.exports.frame import Frame, Item

PER_PAGE = 14


def company(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apimaestro/linkedin-company-posts: page `page_number` of `company_name` (slug or URL)."""
    target = str(run_input["company_name"])
    source = f"https://www.linkedin.com/company/{handle_of(target)}"
    owner = account(frame, "linkedin", target)
    first = (max(1, number(run_input, "page_number", 1)) - 1) * PER_PAGE
    if owner is None:
        yield linkedin.failed(source)
        return
    for post in frame.posts(owner)[first : first + PER_PAGE]:
        yield linkedin.item(frame, post, source)


ACTORS = (
    ActorSpec("apimaestro/linkedin-company-posts", company, 0.005, required=("company_name",)),
)
