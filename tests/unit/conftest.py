"""Settings of all unit tests."""

from hypothesis import settings

# Examples are new ones in every run, so each run can do with fewer; how long one takes depends on the machine alone.
settings.register_profile("unit", max_examples=30, deadline=None)
settings.load_profile("unit")
