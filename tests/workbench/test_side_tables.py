"""The side tables of a study come from the model, in the columns that charts expect."""

from analysis.frames import COLUMNS
from workbench.designs import COMPARED
from workbench.side_tables import limits_table


def test_the_seconds_of_all_limits_make_up_the_batch():
    table = limits_table(sizes=(100, 100_000), seeds=(1, 2))
    assert list(table.columns) == COLUMNS["limits"]
    assert set(table["design"]) == set(COMPARED)
    totals = table.groupby(["design", "items"])["held_s"].sum()
    assert totals.loc["sqs", 100] < totals.loc["sqs", 100_000]
    assert (table["held_s"] > 0).all()
