"""The Gemini API of the loopback world: its wire, its files, and a simulated model behind it."""

from simulator.gemini.api import GeminiApi, Habits

__all__ = ["GeminiApi", "Habits"]
