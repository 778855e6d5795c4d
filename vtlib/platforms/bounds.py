"""Bounds that every mapped item keeps, whatever its source read: times, lengths, names and ids
that can be.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import overload

from vtlib.core.models import Account, Mapped, MappedAccount, Misread

_YEARS = range(1900, 2101)
_MAX_NAME = 200  # characters of an id, a handle or a language
_ROUNDED_ID = re.compile(r"-?\d+([.,]\d+)?[eE]\+?\d+")


@overload
def checked(result: Mapped) -> Mapped: ...
@overload
def checked(result: MappedAccount) -> MappedAccount: ...
@overload
def checked(result: Mapped | MappedAccount) -> Mapped | MappedAccount: ...
def checked(result: Mapped | MappedAccount) -> Mapped | MappedAccount:
    """`found` without facts that cannot be; each is named in `misread`.

    An id that a spreadsheet or JavaScript rounded ("6.8E+18") is no id: the handle identifies, or
    nobody.
    """
    faults: list[Misread] = []
    account = _account(result.account, faults)
    if isinstance(result, MappedAccount):
        account = account or result.account
        return (
            replace(result, account=account, misread=(*result.misread, *faults))
            if faults
            else result
        )
    post = result.post
    if post.posted_at and post.posted_at.year not in _YEARS:
        faults.append(Misread("posted_at", f"{post.posted_at:%Y} is no year of a post"))
        post = replace(post, posted_at=None)
    if post.language and len(post.language) > _MAX_NAME:
        post = replace(post, language=None)
    if not faults:
        return result
    return replace(result, post=post, account=account, misread=(*result.misread, *faults))


def _account(account: Account | None, faults: list[Misread]) -> Account | None:
    if account is None:
        return None
    native_id, handle = account.native_id, account.handle
    if native_id and (_ROUNDED_ID.fullmatch(native_id) or len(native_id) > _MAX_NAME):
        faults.append(Misread("account id", f"{native_id[:40]} is no id"))
        native_id = None
    if handle and len(handle) > _MAX_NAME:
        faults.append(Misread("handle", f"{handle[:40]}… is no handle"))
        handle = None
    if (native_id, handle) == (account.native_id, account.handle) and (native_id or handle):
        return account
    return replace(account, native_id=native_id, handle=handle) if native_id or handle else None
