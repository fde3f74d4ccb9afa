"""Probes note which branches are taken, and change nothing else."""

import sys

from workbench.swarm.probes import Branch, branches_of, probing

SOURCE = '''
def pick(values, wanted=None):
    """Those from one up, or what is wanted."""
    if wanted is None and values:
        return [value for value in values if value > 0]
    try:
        return int(wanted)
    except ValueError:
        return "one" if wanted == "1" else "none"
'''


def test_the_branches_of_a_function_are_named_by_their_conditions():
    assert {(one.condition, one.outcome) for one in branches_of("a", SOURCE)} == {
        ("", True),
        ("wanted is None and values", True),
        ("wanted is None and values", False),
        ("wanted is None", True),
        ("wanted is None", False),
        ("values", True),
        ("values", False),
        ("value > 0", True),
        ("value > 0", False),
        ("except ValueError", True),
        ("wanted == '1'", True),
        ("wanted == '1'", False),
    }


def test_a_module_that_is_imported_inside_notes_what_it_does(tmp_path, monkeypatch):
    package = tmp_path / "lambdas"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "picking.py").write_text(SOURCE)
    kept = {name: sys.modules.pop(name) for name in [*sys.modules] if name.startswith("lambdas")}
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        with probing() as taken:
            from lambdas.picking import pick

            assert pick([1, -1]) == [1]
            assert taken == {
                Branch("picking.pick", ""),
                Branch("picking.pick", "wanted is None and values"),
                Branch("picking.pick", "wanted is None"),
                Branch("picking.pick", "values"),
                Branch("picking.pick", "value > 0"),
                Branch("picking.pick", "value > 0", False),
            }
            taken.clear()
            assert pick([], "x") == "none"
            assert Branch("picking.pick", "except ValueError") in taken
            assert Branch("picking.pick", "wanted == '1'", False) in taken
    finally:
        for name in [name for name in sys.modules if name.startswith("lambdas")]:
            del sys.modules[name]
        sys.modules.update(kept)
