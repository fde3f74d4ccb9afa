"""Where results go: the project's own folder wherever one is, else from where one is."""

import pytest

from workbench import project
from workbench.project import RESULTS, fingerprint, results_folder


def test_without_a_name_it_is_the_projects_own_wherever_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert results_folder("") == RESULTS
    assert RESULTS.is_absolute()


@pytest.mark.parametrize("given", ["own", "./own", "~/own"])
def test_a_name_is_read_from_where_one_is(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert results_folder(given) == tmp_path / "own"


def test_a_fingerprint_changes_with_any_source_or_price_and_with_nothing_else(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(project, "ROOT", tmp_path)
    found = []

    def write(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        found.append(fingerprint.__wrapped__()["sources"])

    write("lambdas/items.py", "one")
    write("docs/page.md", "no source")
    write("infra/node_modules/other.json", "{}")
    assert len(set(found)) == 1
    write("workbench/prices/books/b.json", "{}")
    write("lambdas/items.py", "two")
    write("lambdas/renamed.py", "")
    assert len(set(found)) == 4
