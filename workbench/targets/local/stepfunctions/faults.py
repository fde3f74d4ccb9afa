"""The faults that a test may inject into a state machine. By default there are none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChildFault:
    """The fault of a child: it fails with `error` before its first state, or runs `runs` times.

    An Express child runs at least once, so a second run is something that AWS may do.
    """

    error: str | None = None
    cause: str = ""
    runs: int = 1


NO_FAULT = ChildFault()


class Faults:
    """No faults; a fault plan overrides what it wants."""

    def child(self, map_state: str, index: int) -> ChildFault:  # noqa: ARG002
        """The fault of the child with that index; called once, as it starts."""
        return NO_FAULT

    def s3(self, operation: str, key: str) -> str | None:  # noqa: ARG002
        """The error code that a map's own S3 call meets, or None."""
        return None

    def publish(self) -> str | None:
        """The error code that a state's publish meets, or None."""
        return None
