"""CPU time by memory: what a call, an entry, an item and an invocation cost, in seconds."""

from workbench.platform.profile import Profile

PARTS = ("call", "entry", "item", "invocation", "mb")


def cpu_of(profile: Profile, memory_mb: int, function: str) -> dict[str, float]:
    """The profile's CPU times as `<function>_<part>_s`, slowed where there is less than one vCPU.

    Init is not slowed by memory.
    """
    slow = max(1.0, profile.value("lambda_vcpu_mb") / memory_mb) / 1000
    return {f"{function}_{p}_s": profile.value(f"cpu_ms_per_{p}") * slow for p in PARTS}
