"""Numbers in words: items, dollars and times, each with the digits that its size asks for."""


def short_count(value: float) -> str:
    """A number of items: 100, 1k, 10k, 1M."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            return f"{value / size:.3g}{sign}"
    return f"{value:.3g}"


def count(value: float) -> str:
    """A number of items in words: 1,000, 250,000, 3.2 million."""
    rounded = float(f"{value:.2g}")
    if rounded >= 1e6:
        return f"{rounded / 1e6:,.3g} million"
    return f"{rounded:,.0f}"


def dollars(value: float) -> str:
    """Dollars with as many decimals as their size asks for."""
    if value == 0:
        return "$0"
    if abs(value) >= 1_000:
        return f"${value:,.0f}"
    if abs(value) >= 0.0995:
        return f"${value:.0f}" if value == round(value) else f"${value:.2f}"
    text = f"{float(f'{value:.2g}'):.10f}".rstrip("0")
    return f"${text}0" if len(text) == 3 else f"${text}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it, with two or three digits."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 59.5:
        return f"{seconds:.2g} s"
    if seconds < 3_570:
        return f"{seconds / 60:.2g} min"
    return f"{seconds / 3_600:.3g} h"


def duration_range(low: float, high: float) -> str:
    """From one time to another; once where they are told alike."""
    ends = duration(low), duration(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def listed(words: list[str]) -> str:
    """Words with commas, and `and` before the last."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def percent(share: float) -> str:
    """A share in whole percent; what is there is never told as nothing."""
    return "under 1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"
