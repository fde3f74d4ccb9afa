"""Side tables are whole, known and of fixed columns."""

import pandas as pd
import pytest

from analysis.frames import Frames, read_side_table, write_side_table
from analysis.needs import NothingToShow
from workbench.errors import BadInput, BadRecord

LIMITS = pd.DataFrame({"design": ["sqs"], "items": [100], "limit": ["poll"], "held_s": [1.5]})


def test_a_table_is_read_as_it_was_written(tmp_path):
    path = write_side_table(tmp_path, "limits", LIMITS)
    pd.testing.assert_frame_equal(read_side_table(tmp_path, "limits"), LIMITS)
    assert [p.name for p in path.parent.iterdir()] == ["limits.csv"]


def test_a_table_that_nobody_wrote_has_no_rows(tmp_path):
    assert list(read_side_table(tmp_path, "limits").columns) == list(LIMITS.columns)
    assert read_side_table(tmp_path, "limits").empty


def test_unknown_names_and_other_columns_are_refused(tmp_path):
    with pytest.raises(BadInput, match="side table 'limit' is not known"):
        read_side_table(tmp_path, "limit")
    with pytest.raises(BadRecord, match="of limits has columns"):
        write_side_table(tmp_path, "limits", LIMITS.drop(columns="items"))
    write_side_table(tmp_path, "limits", LIMITS)
    (tmp_path / "tables" / "limits.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadRecord, match=r"limits\.csv of limits has columns \['a', 'b'\]"):
        read_side_table(tmp_path, "limits")
    (tmp_path / "tables" / "limits.csv").write_text("")
    with pytest.raises(BadRecord, match=r"limits\.csv cannot be read"):
        read_side_table(tmp_path, "limits")


def test_a_chart_of_a_table_that_nobody_wrote_is_refused_with_what_writes_it(tmp_path):
    for name, command in (("limits", "make study"), ("agreement", "make agreement")):
        with pytest.raises(NothingToShow, match=f"no table of {name} to draw. Run `{command}`"):
            Frames(tmp_path).needed(name)
