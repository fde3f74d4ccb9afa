"""Token buckets: how AWS limits a rate while it lets a short burst pass."""


class TokenBucket:
    """Holds up to `size` tokens and gains `rate` of them a second; full at the start."""

    def __init__(self, rate: float, size: float) -> None:
        self._rate = rate
        self._size = size
        self._level = size
        self._at_s = 0.0

    def take(self, tokens: float, now_s: float) -> bool:
        """Take tokens if they are there. More than the bucket holds pass when it is full."""
        self._level = min(self._size, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if self._level < min(tokens, self._size):
            return False
        self._level -= tokens
        return True

    def give_back(self, tokens: float) -> None:
        """Return tokens that were not used after all."""
        self._level = min(self._size, self._level + tokens)
