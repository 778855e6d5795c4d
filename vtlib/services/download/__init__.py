"""Videos and pictures of posts: from the post's page by yt-dlp, or from a media URL of its capture.

Every answer is one of a few words (`outcome.py`); every request, redirects included, passes one gate
(`gate.py`); every file is proven whole before it counts.
"""

from vtlib.services.download.fetching import Rules, Wanted, fetch
from vtlib.services.download.gate import Gate, Refused
from vtlib.services.download.outcome import Fetched, File

__all__ = ["Fetched", "File", "Gate", "Refused", "Rules", "Wanted", "fetch"]
