"""ViralTracker: the package shared by the seven notebooks and the `vt` command."""

__version__ = "0.1.0"
