"""Reading YAML strictly: doubled and unknown keys, and values of another kind, are refused."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workbench.border import whole_number
from workbench.errors import BadInput, shown

MISSING = object()
MERGE = "tag:yaml.org,2002:merge"
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
NOT_DECIMAL = re.compile(r"[-+]?0[0-9_xXbB]|.*:")  # octal, hexadecimal, binary, base 60


class StrictLoader(yaml.SafeLoader):
    """A loader that refuses a key given twice, of which YAML would keep the last, and numbers that
    YAML 1.1 reads as others than they look: 0100 (64), 1:30 (90) and 0x10 (16)."""

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """The mapping, its own keys all different; what it merges in, it may override."""
        node = super().compose_mapping_node(anchor)
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        doubled = [
            key for number, key in enumerate(keys) if key in keys[:number] and key[0] != MERGE
        ]
        if doubled:
            line = node.start_mark.line + 1
            raise BadInput(f"line {line}: key {shown(doubled[0][1])} is given twice.")
        return node

    def construct_scalar(self, node: yaml.Node) -> Any:
        """The scalar's text; a number must be written in plain decimals."""
        value = super().construct_scalar(node)
        if node.tag in NUMBERS and NOT_DECIMAL.match(value):
            read = yaml.SafeLoader("").construct_object(yaml.ScalarNode(node.tag, value))
            raise ValueError(
                f"YAML 1.1 reads this number as {shown(read)}. "
                "Write it in plain decimals, without leading zeros"
            )
        return value

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value; one that cannot be, such as a date of February 30, is refused by its line."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            line = node.start_mark.line + 1
            raise BadInput(f"line {line}: {shown(node.value)}: {error}.") from None


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds."""
    try:
        content = yaml.load(path.read_text(), Loader=StrictLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise BadInput(f"{path} is nested too deeply, or in itself.") from None
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
            raise BadInput(f"{self.where} is {shown(self.content)}, not keys with values.")
        for key in self.content:
            if key not in self.keys:
                known = ", ".join(self.keys)
                raise BadInput(f"{self.where}: key {shown(key)} is not known. Take one of {known}.")

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self.content

    def text(self, key: str, default: Any = MISSING) -> str:
        """A text."""
        return self._one(key, default, str, "a text")

    def integer(self, key: str, default: Any = MISSING) -> int:
        """A whole number."""
        value = self.content.get(key, default)
        if value is MISSING:
            raise BadInput(f"{self.where} lacks {key!r}.")
        return self._whole(key, value)

    def flag(self, key: str) -> bool:
        """True or false; false if left out."""
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise BadInput(f"{self.where}: {key}={shown(value)} must be true or false.")
        return value

    def integers(self, key: str, default: Any = MISSING) -> tuple[int, ...]:
        """A list of whole numbers, each once; a single one will do."""
        values = [self._whole(key, value) for value in self._list(key, default)]
        return _distinct(f"{self.where}: {key}", values)

    def _whole(self, key: str, value: Any) -> int:
        try:
            return whole_number(key, value)
        except BadInput as error:
            raise BadInput(f"{self.where}: {error}") from None

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
            raise BadInput(f"{self.where}: {key}={shown(found)} must be knobs with values.")
        return {name: self._values(key, name, value, single) for name, value in found.items()}

    def _values(self, key: str, name: str, value: Any, single: bool) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else [value]
        if single and isinstance(value, list):
            raise BadInput(f"{self.where}: {key}.{name} must be one value; lists are for grids.")
        if not values:
            raise BadInput(f"{self.where}: the list of {key}.{name} is empty. Give it a value.")
        nested = next((one for one in values if isinstance(one, list | dict)), None)
        if nested is not None:
            raise BadInput(
                f"{self.where}: {key}.{name} has {shown(nested)}; knobs are single values."
            )
        return _distinct(f"{self.where}: {key}.{name}", values)

    def _one(self, key: str, default: Any, kind: type, what: str) -> Any:
        value = self.content.get(key, default)
        if value is MISSING:
            raise BadInput(f"{self.where} lacks {key!r}.")
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            raise BadInput(f"{self.where}: {key}={shown(value)} must be {what}.")
        return value

    def _many(self, key: str, default: Any, kind: type, what: str) -> tuple[Any, ...]:
        values = self._list(key, default)
        if not all(isinstance(v, kind) and not isinstance(v, bool) for v in values):
            raise BadInput(f"{self.where}: {key}={shown(values)} must be {what}.")
        return _distinct(f"{self.where}: {key}", values)

    def _list(self, key: str, default: Any) -> list[Any]:
        """The values of a key; a single one will do."""
        value = self.content.get(key, default)
        if value is MISSING:
            raise BadInput(f"{self.where} lacks {key!r}.")
        values = list(value) if isinstance(value, list | tuple) else [value]
        if not values:
            raise BadInput(f"{self.where}: the grid is empty, since {key} is. Give it a value.")
        return values


def _distinct(where: str, values: list[Any]) -> tuple[Any, ...]:
    """The values, refused if one comes twice."""
    counts = Counter(map(repr, values))
    doubled = [value for value in values if counts[repr(value)] > 1]
    if doubled:
        raise BadInput(f"{where} has {doubled[0]!r} twice.")
    return tuple(values)
