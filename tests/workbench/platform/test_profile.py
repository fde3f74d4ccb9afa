"""The platform profile: whole, sourced, and refused when it contradicts itself."""

import json
from statistics import median

import pytest

from workbench.engine.kernel import stream
from workbench.errors import BadInput
from workbench.platform.profile import Spread, load_profile


def test_every_constant_has_a_source_and_a_range_with_its_reason_around_it():
    for name, entry in load_profile().entries.items():
        assert entry["sure"] in ("A", "A-", "B", "C", "M"), name
        assert entry["unit"], name
        assert len(entry["source"]) > 5, name
        assert entry["low"] < entry.get("value", entry.get("p50")) < entry["high"], name
        assert len(entry["range"]) > 5, f"{name} has a range without a reason"


def test_a_spread_has_its_median_and_its_99th_percentile():
    dice, spread = stream(1, "spread"), Spread(p50=10, p99=40)
    draws = sorted(spread.draw(dice) for _ in range(20_000))
    assert median(draws) == pytest.approx(10, rel=0.03)
    assert draws[19_800] == pytest.approx(40, rel=0.1)
    assert sum(draws) / len(draws) == pytest.approx(spread.mean, rel=0.02)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"value": 5, "unit": "s", "source": "x"}, "lacks sure"),
        ({"value": 5, "low": 6, "high": 9, "unit": "s", "source": "x", "sure": "M"}, "not within"),
        ({"value": -1, "unit": "s", "source": "x", "sure": "A"}, "from 0 to"),
        *(
            ({"value": value, "unit": "s", "source": "x", "sure": "A"}, "from 0 to 1,209,600 s")
            for value in (float("nan"), float("inf"), 1e12, 10**400, True, "5")
        ),
        ({"value": 0, "unit": "s", "source": "x", "sure": "A"}, "it is 0"),
        ({"value": 0, "unit": "children/s", "source": "x", "sure": "A"}, "from 1 to 10,000,000"),
        ({"value": 1e12, "unit": "WRU/s", "source": "x", "sure": "A"}, "from 1 to 10,000,000"),
        ({"value": 5, "low": 0, "high": 1e9, "unit": "s", "source": "x", "sure": "A"}, "high"),
        ({"p50": 9, "p99": 1e12, "unit": "ms", "source": "x", "sure": "A"}, "from 0 to 900,000"),
        ({"p50": 9, "p99": 4, "unit": "ms", "source": "x", "sure": "A"}, "0 < p50 <= p99"),
    ],
)
def test_an_inconsistent_profile_is_refused(tmp_path, entry, why):
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"date": "2026-11-23", "entries": {"x": entry}}))
    with pytest.raises(BadInput, match=why):
        load_profile(str(path))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"date": 1}', "[" * 100_000])
def test_a_damaged_profile_is_refused(tmp_path, text):
    path = tmp_path / "profile.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="cannot be read"):
        load_profile(str(path))


def test_an_unknown_date_is_refused():
    with pytest.raises(BadInput, match="no platform profile '1999-01-01'"):
        load_profile("1999-01-01")
