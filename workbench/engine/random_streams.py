"""Named random streams, all grown from one seed.

Each concern draws from its own stream, so that one more draw in one place leaves the numbers of
every other place as they were.
"""

from hashlib import blake2b
from random import Random


def seed_for(seed: int, name: str) -> int:
    """The 64-bit seed of the stream called `name` under `seed`."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def stream(seed: int, name: str) -> Random:
    """The random stream called `name` under `seed`."""
    return Random(seed_for(seed, name))
