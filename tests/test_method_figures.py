"""What docs/method.md says of the constants is counted: which both simulated targets stand on."""

import ast
import re
from pathlib import Path

from tests.test_house_rules import TREES
from workbench.platform.profile import load_profile

METHOD = (Path(__file__).parents[1] / "docs/method.md").read_text(encoding="utf-8")
ENTRIES = load_profile().entries


def names_in(target):
    """The constants that a target's sources name, whole or with a part that is put in."""
    found = set()
    for module, tree in TREES.items():
        if module.startswith(f"workbench.targets.{target}"):
            found |= {name for node in ast.walk(tree) for name in ENTRIES if _names(node, name)}
    return found


def _names(node, name):
    if isinstance(node, ast.Constant):
        return node.value == name
    if not isinstance(node, ast.JoinedStr):
        return False
    texts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
    pattern = "".join(r"\w+" if text is None else re.escape(text) for text in texts)
    return bool(texts[0]) and re.fullmatch(pattern, name) is not None


def test_it_says_how_many_constants_local_and_model_share():
    shared = names_in("local") & names_in("model")
    said = re.search(r"`local` and `model` take (\d+) of (\d+) constants", METHOD)
    assert [int(number) for number in said.groups()] == [len(shared), len(ENTRIES)]


def test_no_design_comes_near_what_s3_allows_a_prefix():
    """One put a map child that lists failures; parts of segments; reads one after the other."""
    segments, starts = ENTRIES["sfn_inline_map_max"], ENTRIES["sfn_map_starts_express_per_s"]
    put_s, get_s = (ENTRIES[name]["low"] / 1_000 for name in ("s3_put", "s3_get"))
    puts_per_s = max(starts["high"], segments["high"] / put_s)
    assert puts_per_s < 3_500 / 2  # S3 user guide, Optimizing performance
    assert 1 / get_s < ENTRIES["s3_gets_per_s"]["low"] / 10
