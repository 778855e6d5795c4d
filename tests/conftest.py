"""What all tests share: one profile of hypothesis, without a deadline (machines differ, and are busy)."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "viraltracker",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("viraltracker")
