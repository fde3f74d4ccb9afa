"""Every mutant can be made of the sources as they are, and says what it means."""

from collections import Counter

import pytest

from tests.mutants.mutants import ROOT, Mutant, load_mutants

MUTANTS = load_mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one.file}: {one.name}")
def test_a_mutants_place_is_there_once_and_what_it_becomes_is_other_code(mutant):
    source = (ROOT / mutant.file).read_text()
    changed = mutant.changed(source)
    assert compile(changed, mutant.file, "exec") != compile(source, mutant.file, "exec")
    assert mutant.means
    assert mutant.designs


def test_a_name_is_given_once_in_a_file():
    times = Counter((one.file, one.name) for one in MUTANTS)
    assert [name for name, n in times.items() if n > 1] == []


@pytest.mark.parametrize("source", ["", "x = 1\nx = 1\n"])
def test_a_place_that_is_not_there_once_is_refused_by_name(source):
    mutant = Mutant("shared", "lambdas/items.py", "the name", "x = 1", "x = 2", "it counts on")
    with pytest.raises(ValueError, match=r"'the name': its place is [02] times in lambdas/items"):
        mutant.changed(source)


def test_a_place_of_several_lines_is_found_at_any_indentation():
    mutant = Mutant("shared", "lambdas/items.py", "a", "if x:\n    y()", "y()\nz()", "always")
    assert mutant.changed("    if x:\n        y()\n") == "    y()\n    z()\n"
