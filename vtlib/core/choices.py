"""What parameters and options of the command line both let people choose from: help needs these,
and no pydantic.
"""

from typing import Literal

Method = Literal["calibrated", "trimmed_sd", "median_multiple", "robust_z", "percentile"]
DECISIONS = ("keep", "reject")
REASONS = ("irrelevant", "not safe for work", "length", "wrong audience", "celebrity", "other")
ASSET_KINDS = ("prop", "location", "talent")
RELEASES = ("none", "needed", "sent", "signed")
USE_BY = ("person", "command", "project")
