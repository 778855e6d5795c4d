"""05 adaptation: a video's pattern becomes a product's script, with its claims and its distance checked."""

from vtlib.stages.adaptation.answer import AdaptedScript, OriginalScript, whole
from vtlib.stages.adaptation.scripting import Made, adapted, original

__all__ = ["AdaptedScript", "Made", "OriginalScript", "adapted", "original", "whole"]
