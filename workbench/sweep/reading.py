"""Reading YAML strictly: doubled and unknown keys, and values of another kind, are refused."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import BadInput

MISSING = object()


class StrictLoader(yaml.SafeLoader):
    """A loader that refuses a key given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, its keys all different."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = [key for number, key in enumerate(keys) if key in keys[:number]]
        if doubled:
            raise BadInput(f"line {node.start_mark.line + 1}: key {doubled[0]!r} is given twice.")
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds."""
    try:
        content = yaml.load(path.read_text(), Loader=StrictLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is no YAML: {error}") from None
    except BadInput as error:
        raise BadInput(f"{path}, {error}") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path} holds no keys. See `studies/smoke.yaml` for one that does.")
    return content


@dataclass(frozen=True)
class Part:
    """A mapping of a file, its keys checked, read by kind."""

    where: str
    content: Any
    keys: tuple[str, ...] | list[str]

    def __post_init__(self) -> None:
        if not isinstance(self.content, dict):
            raise BadInput(f"{self.where} is {self.content!r}, not keys with values.")
        for key in self.content:
            if key not in self.keys:
                raise BadInput(
                    f"{self.where}: key {key!r} is not known. Take one of {', '.join(self.keys)}."
                )

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self.content

    def text(self, key: str, default: Any = MISSING) -> str:
        """A text."""
        return self._one(key, default, str, "a text")

    def integer(self, key: str, default: Any = MISSING) -> int:
        """A whole number."""
        return self._one(key, default, int, "a whole number")

    def flag(self, key: str) -> bool:
        """True or false; false if left out."""
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise BadInput(f"{self.where}: {key}={value!r} must be true or false.")
        return value

    def integers(self, key: str, default: Any = MISSING) -> tuple[int, ...]:
        """A list of whole numbers, each once; a single one will do."""
        return self._many(key, default, int, "whole numbers")

    def texts(self, key: str, default: Any = MISSING, of: tuple = ()) -> tuple[str, ...]:
        """A list of texts, each once; a single one will do."""
        found = self._many(key, default, str, "texts")
        strange = [value for value in found if of and value not in of]
        if strange:
            raise BadInput(f"{self.where}: {key} has {strange[0]!r}. Take of {', '.join(of)}.")
        return found

    def parts(self, key: str) -> list[Any]:
        """A list of parts; none if left out."""
        found = self.content.get(key, [])
        if not isinstance(found, list):
            raise BadInput(f"{self.where}: {key} must be a list, each entry with a hyphen.")
        return found

    def knobs(self, key: str, single: bool = False) -> dict[str, tuple[Any, ...]]:
        """Knobs with their values; `single`: one value each."""
        found = self.content.get(key, {})
        if not isinstance(found, dict):
            raise BadInput(f"{self.where}: {key}={found!r} must be knobs with values.")
        return {name: self._values(key, name, value, single) for name, value in found.items()}

    def _values(self, key: str, name: str, value: Any, single: bool) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else [value]
        if single and isinstance(value, list):
            raise BadInput(f"{self.where}: {key}.{name} must be one value; lists are for grids.")
        if not values:
            raise BadInput(f"{self.where}: the list of {key}.{name} is empty. Give it a value.")
        return _distinct(f"{self.where}: {key}.{name}", values)

    def _one(self, key: str, default: Any, kind: type, what: str) -> Any:
        value = self.content.get(key, default)
        if value is MISSING:
            raise BadInput(f"{self.where} lacks {key!r}.")
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            raise BadInput(f"{self.where}: {key}={value!r} must be {what}.")
        return value

    def _many(self, key: str, default: Any, kind: type, what: str) -> tuple[Any, ...]:
        value = self.content.get(key, default)
        if value is MISSING:
            raise BadInput(f"{self.where} lacks {key!r}.")
        values = list(value) if isinstance(value, list | tuple) else [value]
        if not values:
            raise BadInput(f"{self.where}: the grid is empty, since {key} is. Give it a value.")
        if not all(isinstance(v, kind) and not isinstance(v, bool) for v in values):
            raise BadInput(f"{self.where}: {key}={value!r} must be {what}.")
        return _distinct(f"{self.where}: {key}", values)


def _distinct(where: str, values: list[Any]) -> tuple[Any, ...]:
    """The values, refused if one comes twice."""
    counts = Counter(map(repr, values))
    doubled = [value for value in values if counts[repr(value)] > 1]
    if doubled:
        raise BadInput(f"{where} has {doubled[0]!r} twice.")
    return tuple(values)
