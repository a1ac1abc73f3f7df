"""What every test relies on."""

from hypothesis import HealthCheck, settings

# The same examples on every run: a test that fails today failed yesterday.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")
