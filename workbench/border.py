"""Values that come in over the border: from a command line, a notebook, a file, or Python.

Whatever the spelling, a number means one thing or is refused before anything runs: `1000`, `1e3`,
`1_000`, `1,000`, `1k`, 1000.0, a numpy integer and a Decimal are all a thousand. A boolean, None,
nan and infinity are no numbers; `0100` (64 to YAML 1.1) and `1.000` (1 or a thousand) are refused
because they mean different things to different readers.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources.abc import Traversable
from numbers import Real
from typing import Any

from workbench.errors import BadInput, BadKnob, BadRecord, shown

SUFFIXES = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}
DIGITS_MAX = 40  # before the point; more are out of every limit, and slow to make
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]+(_[0-9]+)*|[1-9][0-9]{0,2}(,[0-9]{3})+)?"
    r"(\.(?P<part>[0-9]*))?([eE](?P<power>[+-]?[0-9]{1,4}))?(?P<suffix>[kKM]?)"
)
_GROUPED_BY_POINT = re.compile(r"[+-]?[1-9][0-9]{0,2}\.0{3}")


def whole_number(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """The whole number that a value spells, within limits. BadKnob otherwise."""
    limit = "must be a whole number" + _range(low, high)
    number = _number(value)
    if isinstance(value, str) and _GROUPED_BY_POINT.fullmatch(value.strip()):
        advice = f"Write {value.strip()[:-4]} or {value.strip().replace('.', '')}."
        raise BadKnob(name, value, "may be read as a thousand or as one", advice)
    if number is None or number != int(number):
        raise BadKnob(name, value, limit, "1000, 1e3, 1_000 and 1k are a thousand.")
    found = int(number)
    if (low is not None and found < low) or (high is not None and found > high):
        raise BadKnob(name, found, limit)
    return found


def positive(name: str, value: Any) -> Decimal:
    """The finite number above zero that a value spells: dollars, minutes, ratios."""
    number = _number(value)
    if number is None or number <= 0:
        raise BadKnob(name, value, "must be a number above 0")
    return number


def text(name: str, value: Any) -> str:
    """A name, which must be text."""
    if not isinstance(value, str):
        raise BadInput(f"{name}={shown(value)}: must be text")
    return str(value)


def plain(value: Any) -> Any:
    """A value without numpy's wrapping."""
    is_scalar = getattr(value, "ndim", None) == 0 and hasattr(value, "item")
    return value.item() if is_scalar else value


def settings(value: Any) -> dict[str, Any]:
    """Knobs by name: a mapping, the text of a JSON object, or nothing."""
    if isinstance(value, str):
        value = _json_object(value) if value.strip() else {}
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise BadInput(
            f"settings={shown(value)}: must be knobs by name, "
            'such as {"poll_s": 60}, as a mapping or as JSON text'
        )
    return {str(name): one for name, one in value.items()}


def read_json(path: Traversable, what: str = "", refused: type[Exception] = BadRecord) -> Any:
    """The JSON object in a file; refused in one line, by its name, where it holds none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"it holds {shown(content)}, no JSON object")
    except RecursionError:
        raise refused(f"{what or path} cannot be read: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise refused(f"{what or path} cannot be read: {error}") from None
    return content


def _number(value: Any) -> Decimal | None:
    """The finite number that a value spells, exactly; None if it spells none."""
    value = plain(value)
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    if isinstance(value, float):
        value = repr(float(value))  # a float is what it prints: 0.1 is a tenth
    elif not isinstance(value, int | Decimal):
        value = int(value) if value == int(value) else None
    number = None if value is None else Decimal(value)
    return number + 0 if number is not None and _is_usable(number) else None


def _from_text(written: str) -> Decimal | None:
    """A number from its text; leading zeros are another number to YAML 1.1, and are refused."""
    match = _NUMBER.fullmatch(written)
    if match is None or not (match["whole"] or match["part"]):
        return None
    whole = (match["whole"] or "0").replace(",", "").replace("_", "")
    if len(whole) > 1 and whole[0] == "0":
        return None
    power = int(match["power"] or 0)
    number = Decimal(f"{match['sign']}{whole}.{match['part'] or '0'}E{power}")
    if not _is_usable(number):
        return None
    return number * SUFFIXES[match["suffix"]] + 0


def _is_usable(number: Decimal) -> bool:
    """Whether a number is finite, and of a size that a limit can be held against quickly."""
    return number.is_finite() and abs(number.adjusted()) < DIGITS_MAX


def _range(low: int | None, high: int | None) -> str:
    """The words of a limit."""
    if low is None:
        return ""
    return f" of {low:,} or more" if high is None else f" from {low:,} to {high:,}"


def _json_object(written: str) -> Any:
    """What JSON text holds, each of its names once."""
    try:
        return json.loads(written, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else error
        raise BadInput(
            f"settings={shown(written)}: is no JSON object ({why}). "
            'Write it with double quotes, such as {"poll_s": 60}'
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise BadInput(f"settings: knob {doubled!r} is given twice")
    return dict(pairs)
