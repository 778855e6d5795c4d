"""Videos and pictures of posts: from the post's page by yt-dlp, or from a media URL of its capture.

Every download has one of a few outcomes (`outcome.py`); every request, redirects included, passes
the URL allow-list (`url_allowlist.py`); every file is checked to be complete (`../probe.py`).
"""

from vtlib.media.download.outcome import Fetched, ProvenFile
from vtlib.media.download.post import DownloadRequest, DownloadRules, fetch
from vtlib.media.download.url_allowlist import AddressRefused, UrlAllowlist

__all__ = [
    "AddressRefused",
    "DownloadRequest",
    "DownloadRules",
    "Fetched",
    "ProvenFile",
    "UrlAllowlist",
    "fetch",
]
