"""The desk: what `vt` does, for eyes and hands, in JupyterLab. Panels show and call; they compute nothing."""

from vtlib.desk.app import Desk

__all__ = ["Desk"]
