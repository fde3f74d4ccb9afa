"""Data between states."""

import pytest

from workbench.targets.local.stepfunctions import payload
from workbench.targets.local.stepfunctions.failures import StateFailed


def test_size_is_that_of_utf8_without_blanks():
    assert payload.size_bytes({"é": [1, 2]}) == len('{"é":[1,2]}'.encode())


def test_256_kib_may_pass_and_one_byte_more_may_not():
    payload.hold("x" * (262_144 - 2), "it")
    with pytest.raises(StateFailed) as failed:
        payload.hold("x" * (262_144 - 1), "it")
    assert failed.value.error == "States.DataLimitExceeded"
    assert "262145" in failed.value.cause
