"""Paths into JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.targets.local.stepfunctions import paths
from workbench.targets.local.stepfunctions.failures import StateFailed

DATA = {"a": {"b c": [10, {"d": None}]}, "n": [{"v": 1}, {"v": 2}]}
CONTEXT = {"State": {"Name": "Here"}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DATA),
        ("$.a['b c'][0]", 10),
        ('$["a"]["b c"][1].d', None),
        ("$.n[*].v", [1, 2]),
        ("$$.State.Name", "Here"),
        (None, {}),
    ],
)
def test_a_path_reads_what_lies_there(path, value):
    assert paths.read(path, DATA, CONTEXT) == value


@pytest.mark.parametrize("path", ["$.z", "$.n[2]", "$.n.v", "$.a[0]", "$$.Nothing"])
def test_a_path_to_nothing_is_a_runtime_error(path):
    with pytest.raises(StateFailed) as failed:
        paths.read(path, DATA, CONTEXT)
    assert failed.value.error == "States.Runtime"


@pytest.mark.parametrize("path", ["a", "$.", "$..a", "$.a[?(@.b)]", "$.a[0:2]", "$.a b"])
def test_what_is_not_understood_is_refused(path):
    with pytest.raises(ValueError, match="path"):
        paths.parse(path)


def test_null_is_present_and_a_missing_key_is_not():
    assert paths.exists("$.a['b c'][1].d", DATA, {})
    assert not paths.exists("$.a.x", DATA, {})


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("$", 5),
        (None, {"a": {"b": [1, 2]}}),
        ("$.a.c", {"a": {"b": [1, 2], "c": 5}}),
        ("$.x.y", {"a": {"b": [1, 2]}, "x": {"y": 5}}),
        ("$.a.b[1]", {"a": {"b": [1, 5]}}),
    ],
)
def test_a_value_is_written_into_a_copy(path, written):
    data = {"a": {"b": [1, 2]}}
    assert paths.write(path, data, 5) == written
    assert data == {"a": {"b": [1, 2]}}


def test_a_value_that_does_not_fit_is_a_mismatch():
    with pytest.raises(StateFailed) as failed:
        paths.write("$.a.b.c", {"a": {"b": 1}}, 5)
    assert failed.value.error == "States.ResultPathMatchFailure"


@given(st.lists(st.text("abcXYZ_-09", min_size=1), min_size=1, max_size=5), st.integers())
def test_what_is_written_is_read_again(keys, value):
    path = "$" + "".join(f"['{key}']" for key in keys)
    assert paths.read(path, paths.write(path, {}, value), {}) == value
