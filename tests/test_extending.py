"""What docs/extending.md shows is true: its code runs, its study can be planned, files exist."""

import re
from pathlib import Path

import pytest

from lambdas import outside
from lambdas.items import Item
from workbench.sweep import plan_jobs, read_study

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs/extending.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.S)


def code(name):
    """The function of that name, as the page defines it."""
    (block,) = [text for kind, text in BLOCKS if kind == "python" and f"def {name}(" in text]
    space = {}
    exec(block, space)
    return space[name]


def test_the_items_shown_are_unique_small_and_the_same_in_any_segment():
    create = code("create")
    items = list(create(7, 0, 1_000, {}))
    assert len({item.id for item in items}) == 1_000
    assert list(create(7, 0, 400, {})) + list(create(7, 400, 1_000, {})) == items
    assert all(re.fullmatch("[0-9a-f]{16}", item.id) for item in items)


def test_the_work_shown_goes_out_by_the_door(monkeypatch):
    calls = []

    class Storage:
        def get_object(self, **request):
            calls.append(("get", request["Key"]))
            return {"Body": self}

        def read(self):
            return b"a picture"

        def put_object(self, **request):
            calls.append(("put", request["Key"], request["Body"]))

    monkeypatch.setattr(outside, "client", lambda service: Storage())
    code("process")(Item("00ff", 3))
    assert calls == [("get", "00ff"), ("put", "00ff", b"a picture")]


def test_the_study_shown_can_be_planned(tmp_path):
    (block,) = [text for kind, text in BLOCKS if kind == "yaml"]
    (tmp_path / "my.yaml").write_text(block)
    jobs, skipped = plan_jobs(read_study(tmp_path / "my.yaml"))
    assert len(jobs) == 5 * 2 * 2 * 3 - len(skipped) + 1


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+[\w.]+\.(?:py|md))`", TEXT))))
def test_every_file_it_names_is_there(path):
    assert (ROOT / path).is_file()


def test_every_study_of_the_project_is_named():
    there = {path.stem for path in (ROOT / "studies").glob("*.yaml")}
    named = set(re.findall(r"`(?:workbench sweep )?(\w+)`", TEXT))
    assert there - named == set()
