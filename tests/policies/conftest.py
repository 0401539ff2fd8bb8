"""Properties of policy are not timed: a cold table on a busy machine is slow, not wrong."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
