"""Where a batch runs: `local`, `model`, `aws`. No target imports another."""

from collections.abc import Mapping

# Loaded when asked for: moto, numba and boto3 take seconds to import.
TARGETS = {
    "local": "workbench.targets.local.target:LocalTarget",
    "model": "workbench.targets.model.target:ModelTarget",
    "aws": "workbench.targets.aws:AwsTarget",
}
FILLED = ("local",)  # those with a simulated cloud, which a file of the user's may fill first
FIGURES = {"local": "simulated", "model": "modelled", "aws": "measured"}  # what they are called


def dollars_by_target(usd: Mapping[str, float], spent: bool = True) -> str:
    """Dollars by target in words, with those spent on aws, even $0, unless `spent` is False."""
    parts = [f"{_dollars(usd[name])} {FIGURES[name]}" for name in usd if name != "aws"]
    if spent or "aws" in usd:
        parts.append(f"{_dollars(usd.get('aws', 0.0))} spent")
    return ", ".join(parts)


def _dollars(usd: float) -> str:
    """Dollars with two decimals, or four of less than one."""
    if 0 < usd < 0.0001:
        return "<$0.0001"
    return "$0" if not usd else f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"
