"""Every test run draws the same examples: a red build is red for everybody, and not by chance.

`HYPOTHESIS_PROFILE=explore` draws new ones, ten times as many where a test names no number.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
