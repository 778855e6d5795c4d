"""Videos and pictures of posts: from the post's page by yt-dlp, or from a media URL of its capture.

Every answer is one of a few words (`outcome.py`); every request, redirects included, passes one
gate (`gate.py`); every file is proven whole before it counts.
"""

from vtlib.media.download.outcome import Fetched, ProvenFile
from vtlib.media.download.post import DownloadRequest, DownloadRules, fetch
from vtlib.media.download.url_allowlist import AddressRefused, Gate

__all__ = [
    "AddressRefused",
    "DownloadRequest",
    "DownloadRules",
    "Fetched",
    "Gate",
    "ProvenFile",
    "fetch",
]
