"""JSON of the commands: exact decimals are texts, numbers are numbers, no end is null."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from workbench.cli.output import as_json, print_json


@dataclass(frozen=True)
class Price:
    usd: Decimal
    up_to: int | None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("1E-10"), "0.0000000001"),
        (Decimal("2.50"), "2.50"),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (float("inf"), None),
        (float("nan"), None),
        (True, True),
        (None, None),
        (Path("a") / "b", "a/b"),
        ((1, [2.0, "x"]), [1, [2.0, "x"]]),
        (Price(Decimal("0.1"), None), {"usd": "0.1", "up_to": None}),
        ({7: Price(Decimal(1), 2)}, {"7": {"usd": "1", "up_to": 2}}),
    ],
)
def test_a_value_as_json(value, told):
    found = as_json(value)
    assert (found, type(found)) == (told, type(told))


def test_what_json_cannot_hold_is_no_text_by_chance():
    with pytest.raises(TypeError, match="has no form in JSON"):
        as_json({"file": object()})


def test_each_answer_names_its_schema_and_its_command(capsys):
    print_json("prices show", region="us-east-1")
    told = json.loads(capsys.readouterr().out)
    assert told == {"schema": 1, "command": "prices show", "region": "us-east-1"}
