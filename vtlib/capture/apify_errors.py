"""What can go wrong at Apify, in our error tree, and what each means for a run that was to
start.
"""

from __future__ import annotations

import impit
from apify_client.errors import (
    ApifyApiError,
    ApifyClientError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)

from vtlib.core.errors import BudgetReached, CredentialsMissing, SourceFailed, VtError

# What the client raises on a reply it cannot read: KeyError for a page without its headers,
# ValueError (pydantic's too) for another shape, RecursionError for JSON nested deeper than Python's
# parser goes.
CLIENT_ERRORS = (
    *(ApifyClientError, impit.HTTPError),
    *(ValueError, KeyError, TypeError, AttributeError, RecursionError),
)
# Refusals that pass by themselves; of two that come as 402, like an empty account, only the type
# tells.
_BUSY_STATUS = (425, 429)
_BUSY_TYPES = ("actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded")


class LostReply(SourceFailed):
    """The provider may or may not have started the run: it must be looked up, never repeated."""


class LateReply(LostReply):
    """No reply within the time limit: the provider may start the run even later."""


class Busy(SourceFailed):
    """The provider refused for now, or was not reached: nothing was started, and later it may
    be.
    """


class NotAllowed(CredentialsMissing):
    """The token is good, but not for this: an actor that is rented, or one it may not run."""


class ActorGone(SourceFailed):
    """The provider knows no actor of this name: it was renamed or withdrawn. Nothing was
    started.
    """


class Paused(SourceFailed):
    """Not asked at all: the provider failed several times in a row, or asked to be left alone."""


def is_down(error: BaseException) -> bool:
    """Whether an error says that the provider is down, and not what is wrong with one request."""
    status = getattr(error, "status_code", None)
    return status is None or status >= 500 or status in (408, *_BUSY_STATUS)


def translated(error: BaseException, action: str, *, may_have_started: bool) -> VtError:
    """An exception of the client while it was to do `action`, in our tree and without a secret in
    it.

    `may_have_started`: the action starts a run, so a missing or unreadable reply is a LostReply.
    """
    status = getattr(error, "status_code", None)
    text = f"could not {action}: {getattr(error, 'message', None) or type(error).__name__}."
    if isinstance(error, UnauthorizedError):
        text = f"Apify refused the token in APIFY_TOKEN ({getattr(error, 'message', None)})."
        todo = "Put a valid one into .env (Apify console, Settings, API & Integrations): vt doctor."
        return CredentialsMissing(text, todo=todo)
    if isinstance(error, ForbiddenError):
        return NotAllowed(text, todo="Rent or allow it at Apify for the account of APIFY_TOKEN.")
    if isinstance(error, NotFoundError) and may_have_started:
        return ActorGone(text, todo="It was renamed or withdrawn at Apify.")
    if status in _BUSY_STATUS or getattr(error, "type", None) in _BUSY_TYPES:
        return Busy(text, todo="The provider is busy: run the command again in a few minutes.")
    if status == 402:
        return BudgetReached(text, todo="The account's own limit at Apify is reached.")
    if isinstance(error, impit.ConnectError):
        return Busy(f"Apify was not reached: {text}", todo="Check the network: vt doctor.")
    is_refusal = isinstance(error, ApifyApiError) and status is not None and status < 500
    if may_have_started and (not is_refusal or status == 408):
        kind = LateReply if isinstance(error, impit.TimeoutException) else LostReply
        return kind(text, todo="Run the command again: the run is looked up first.")
    return SourceFailed(text, todo="Run the command again: it goes on where it stopped.")
