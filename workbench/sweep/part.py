"""A part of a study's file: its keys checked, each value read by its kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import BadInput, shown

MISSING = object()

Read = Callable[[str, Any], Any]  # of a key and its value; BadInput for one of another kind


@dataclass(frozen=True)
class Part:
    """A mapping of a file, its keys checked, read by kind."""

    where: str
    content: Any
    keys: tuple[str, ...]
    folder: Path  # that files are named from

    def __post_init__(self) -> None:
        if not isinstance(self.content, dict):
            raise BadInput(f"{self.where} is {shown(self.content)}, not keys with values.")
        for key in self.content:
            if key not in self.keys:
                known = ", ".join(self.keys)
                raise BadInput(f"{self.where}: key {shown(key)} is not known. Take one of {known}.")

    def one(self, key: str, read: Read, default: Any = MISSING) -> Any:
        """A single value."""
        if key not in self.content and default is not MISSING:
            return default
        return self._read(key, self._given(key), read)

    def many(self, key: str, read: Read, default: tuple = ()) -> tuple[Any, ...]:
        """A list of values, each once; a single one will do."""
        if key not in self.content and default:
            return default
        return self._each(key, self._given(key), read)

    def knobs(self, key: str) -> dict[str, tuple[Any, ...]]:
        """Knobs with their values; none if left out."""
        found = self.content.get(key, {})
        if not isinstance(found, dict):
            raise BadInput(f"{self.where}: {key}={shown(found)} must be knobs with values.")
        return {
            name: self._each(f"{key}.{name}", value, _knob_value) for name, value in found.items()
        }

    def parts(self, key: str, keys: tuple[str, ...]) -> "Iterator[Part]":
        """A list of parts; none if left out."""
        found = self.content.get(key, [])
        if not isinstance(found, list):
            raise BadInput(f"{self.where}: {key} must be a list, each entry with a hyphen.")
        for number, one in enumerate(found, 1):
            yield Part(f"{self.where}: {key.removesuffix('s')} {number}", one, keys, self.folder)

    def _given(self, key: str) -> Any:
        if key not in self.content:
            raise BadInput(f"{self.where} lacks {key!r}.")
        return self.content[key]

    def _each(self, key: str, value: Any, read: Read) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise BadInput(f"{self.where}: the grid is empty, since {key} is. Give it a value.")
        found = [self._read(key, one, read) for one in values]
        written = list(map(repr, found))
        if doubled := next((text for text in written if written.count(text) > 1), None):
            raise BadInput(f"{self.where}: {key} has {doubled} twice.")
        return tuple(found)

    def _read(self, key: str, value: Any, read: Read) -> Any:
        try:
            return read(key, value)
        except BadInput as error:
            raise BadInput(f"{self.where}: {error}") from None


def _knob_value(key: str, value: Any) -> Any:
    """The value of a knob, which its design reads."""
    if isinstance(value, list | dict):
        raise BadInput(f"{key} has {shown(value)}; knobs are single values.")
    return value
