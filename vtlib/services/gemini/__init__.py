"""The Gemini API behind the unmodified google-genai: questions in, named outcomes out."""

from vtlib.services.gemini.asking import Journal
from vtlib.services.gemini.budget import Budget, Cap, Demand
from vtlib.services.gemini.client import Access, Gemini, ModelFacts
from vtlib.services.gemini.outcomes import DATA, LASTING, STOPS, Call, Outcome
from vtlib.services.gemini.patience import Patience
from vtlib.services.gemini.question import Attachment, Options, Question
from vtlib.services.gemini.reading import read_answer
from vtlib.services.gemini.replies import kept_outcome
from vtlib.services.gemini.schema import digest_of, schema_of
from vtlib.services.prices import Prices, Usage

__all__ = [
    "DATA",
    "LASTING",
    "STOPS",
    "Access",
    "Attachment",
    "Budget",
    "Call",
    "Cap",
    "Demand",
    "Gemini",
    "Journal",
    "ModelFacts",
    "Options",
    "Outcome",
    "Patience",
    "Prices",
    "Question",
    "Usage",
    "digest_of",
    "kept_outcome",
    "read_answer",
    "schema_of",
]
