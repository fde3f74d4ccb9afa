"""Every rule of docs/method.md is counted by the swarm, by branches that the handlers have."""

import re
from pathlib import Path

import pytest

from workbench.designs import DESIGNS
from workbench.swarm.probes import Branch, branches_of
from workbench.swarm.protocols import PROTOCOLS
from workbench.swarm.rules.guards import Elsewhere

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def rules_of_the_page(design):
    """The first column of the table under the design's own heading."""
    (section,) = re.findall(rf"^### {design}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if "|" in line]
    return rows[2:]


@pytest.mark.parametrize("design", DESIGNS)
def test_each_rule_of_the_page_is_counted_and_no_other(design):
    assert rules_of_the_page(design) == list(PROTOCOLS[design].rules)


@pytest.mark.parametrize("design", DESIGNS)
def test_each_branch_that_shows_a_rule_is_one_of_the_handlers(design):
    known = set()
    for path in (ROOT / "lambdas").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "lambdas").with_suffix("").parts)
        known |= branches_of(module, path.read_text(encoding="utf-8"))
    guards = [
        guard
        for guards in PROTOCOLS[design].rules.values()
        if not isinstance(guards, Elsewhere)
        for guard in guards
        if isinstance(guard, Branch)
    ]
    assert [guard for guard in guards if guard not in known] == []


@pytest.mark.parametrize("design", DESIGNS)
def test_what_the_swarm_cannot_reach_is_held_where_the_table_says(design):
    rules = PROTOCOLS[design].rules.values()
    places = [one.held_by for one in rules if isinstance(one, Elsewhere)]
    assert [place for place in places if not (ROOT / place).exists()] == []
