"""YAML files of users, read strictly: what a reader may take for something else is refused."""

import re
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import BadInput, shown

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
                "Write it in plain decimals, without leading zeros; a time of day in quotes"
            )
        return value

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value; one that cannot be, such as a date of February 30, is refused by its line."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            line = node.start_mark.line + 1
            raise BadInput(f"line {line}: {shown(node.value)}: {error}.") from None


def read_yaml(path: Path, example: str) -> dict[str, Any]:
    """The mapping that a YAML file holds; BadInput names the file, and an example of its kind."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise BadInput(f"{path} is nested too deeply, or in itself.") from None
    except BadInput as error:
        raise BadInput(f"{path}, {error}") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path} holds no keys. See `{example}` for one that does.")
    return content
