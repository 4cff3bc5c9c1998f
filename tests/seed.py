"""One seed for all that tests choose at random; the header of the run tells it."""

import os
import random

VARIABLE = "CASESTREAM_TEST_SEED"


def seed() -> int:
    """CASESTREAM_TEST_SEED, which makes the same choices again; where it is not set, a new one, which is set then."""
    # The workers of a run inherit it: they must choose alike.
    return int(os.environ.setdefault(VARIABLE, str(random.SystemRandom().randrange(1_000_000))))
