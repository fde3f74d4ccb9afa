"""What designs at their knobs track and promise of an item, in words."""

from collections.abc import Iterable

from workbench.designs.design import Design

# Whether an item is claimed before it is worked, by whether the settings of a design do.
PROMISES = {
    (True,): "an item is never worked twice at a time by",
    (False,): "an item delivered twice may be worked twice at a time by",
    (False, True): "whether an item may be worked twice at a time depends on the knobs of",
}


def promises(designs: Iterable[Design]) -> str:
    """What designs at their knobs track and promise of an item, as one sentence.

    That every item is processed at least once, or listed as failed, they all promise.
    """
    tracked: dict[str, dict[str, None]] = {}
    claims: dict[str, set[bool]] = {}
    for one in designs:
        tracked.setdefault(one.name, {})[one.tracks] = None
        claims.setdefault(one.name, set()).add(one.claims)
    texts = [
        f"{name}{'' if at else ' tracks'} {' or '.join(what)}"
        for at, (name, what) in enumerate(tracked.items())
    ]
    parts = [", ".join(texts)]
    for kinds, words in PROMISES.items():
        names = [name for name, own in claims.items() if own == set(kinds)]
        whose = "any of them" if len(names) == len(claims) > 1 else ", ".join(names)
        parts += [f"{words} {whose}"] if names else []
    return f"{'; '.join(parts)}."
