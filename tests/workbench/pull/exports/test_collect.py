"""A run's costs by label from a made export, however it is written and whatever stands beside."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from analysis.billed_labels import by_label
from analysis.reconcile import answer, reconcile
from tests.data_exports import ACCOUNT, among_others, cur, like, off, row, stands, write
from workbench.bill import by_label as usd_by_label
from workbench.designs import DESIGNS
from workbench.errors import BadInput, PullFailed
from workbench.pull.exports.collect import collect_export
from workbench.pull.exports.files import Folder
from workbench.pull.store import COST_COLUMNS, read_pull, tidy, write_pull
from workbench.runs.records import read_folder

NOW = datetime(2026, 12, 20, tzinfo=UTC)
KINDS = {
    "focus.parquet": lambda rows: rows,
    "focus.csv.gz": lambda rows: rows,
    "cur.parquet": cur,
    "cur.csv": cur,
}


def collected(path, rows, tmp_path, name="focus.parquet"):
    """The pull of a run from an export with these rows."""
    folder = tmp_path / "export"
    write(rows, folder / "data" / "BILLING_PERIOD=2026-11" / name)
    return collect_export(path, Folder(str(folder)), NOW)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_meter_explains_each_label_within_2_percent_of_what_is_billed(
    on_aws, billed, tmp_path, design, name
):
    """AWS counts up to 1 % more or less, the stack stands, others' bills lie in the same file."""
    path = on_aws(design)
    folder = read_folder(path)
    rows = among_others(stands(off(billed(path), seed=7), folder))
    frame = collected(path, KINDS[name](rows), tmp_path, name).frame
    table = by_label(folder.bill, None, frame)
    assert list(table["label"]) == ["work", "dispatch", "knowing", "telemetry"]
    for line in table.itertuples():
        apart = abs(line.billed_usd - line.metered_usd) / line.metered_usd
        assert apart < Decimal("0.02"), line.label
        assert line.share_explained > 0.98
    stood = dict(zip(table["label"], map(float, table["standing_usd"]), strict=True))
    polled = bool(DESIGNS[design].parts.sources)
    assert stood["telemetry"] > 0
    assert (stood["dispatch"] > 0, stood["knowing"] > 0, stood["work"]) == (polled, polled, 0)


@pytest.mark.parametrize("name", KINDS)
def test_an_exact_export_gives_the_meters_own_bill_by_resource_and_label(
    on_aws, billed, tmp_path, name
):
    path = on_aws("counters")
    pull = collected(path, KINDS[name](billed(path)), tmp_path, name)
    frame, folder = pull.frame, read_folder(path)
    assert list(frame.columns) == COST_COLUMNS
    found = {label: float(usd) for label, usd in frame.groupby("label")["cost_usd"].sum().items()}
    assert found == pytest.approx(
        {name: float(usd) for name, usd in usd_by_label(folder.bill).items() if usd}
    )
    parts = frame[frame["resource"] != ""].groupby("resource")["label"].agg(set).to_dict()
    assert parts["poll_queue"] == parts["table"] == {"knowing"}
    assert parts["processor"] == {"work", "telemetry"}
    assert set(frame.loc[~frame["tagged"], "resource"]) == {""}


def test_a_pull_says_what_it_was_read_from_and_that_it_cost_nothing(on_aws, billed, tmp_path):
    path = on_aws()
    pull = collected(path, billed(path), tmp_path)
    assert pull.facts["source"] == "data export FOCUS_1_2_AWS"
    assert pull.facts["spent"]["cost_pages"] == 0
    assert read_pull(path, "costs").stamp == pull.stamp


def test_costs_are_settled_by_when_the_export_was_written_not_by_when_it_is_read(
    on_aws, billed, tmp_path
):
    path = on_aws(started_at=datetime.now(UTC).isoformat())
    later = datetime.now(UTC) + timedelta(days=9)
    file = write(billed(path), tmp_path / "export.parquet")
    assert not collect_export(path, Folder(str(file)), later).facts["settled"]


def test_a_correction_of_a_later_month_counts_in_the_hour_that_it_corrects(
    on_aws, billed, tmp_path
):
    path = on_aws()
    rows = billed(path)
    less = rows.iloc[[0]].assign(
        ChargeClass="Correction",
        **{name: -rows.iloc[0][name] / 4 for name in ("BilledCost", "ConsumedQuantity")},
    )
    write(less, tmp_path / "export" / "data" / "BILLING_PERIOD=2026-12" / "f.parquet")
    frame = collected(path, rows, tmp_path).frame
    was = {name: rows[name].sum() for name in ("BilledCost", "ConsumedQuantity")}
    now = (float(frame["cost_usd"].sum()), float(frame["quantity"].sum()))
    assert now == pytest.approx(
        (was["BilledCost"] - rows.iloc[0]["BilledCost"] / 4,
         was["ConsumedQuantity"] - rows.iloc[0]["ConsumedQuantity"] / 4)
    )  # fmt: skip


@pytest.mark.parametrize("name", ["cur.parquet", "focus.parquet"])
def test_usage_under_a_savings_plan_is_compared_by_quantity_and_named(
    on_aws, billed, tmp_path, name
):
    path = on_aws("sfn")
    rows = billed(path)
    if name.startswith("cur"):
        rows = cur(rows, covered=["AWSLambda"])
    else:
        own = rows["x_ServiceCode"] == "AWSLambda"
        plan = "arn:aws:savingsplans::123456789012:savingsplan/1"
        rows.loc[own, ["BilledCost", "CommitmentDiscountId"]] = (0.0, plan)
    pull = collected(path, rows, tmp_path, name)
    assert set(pull.facts["record_types"]) == {
        *("SavingsPlanCoveredUsage", "SavingsPlanNegation", "Usage")
    }
    text = answer(reconcile(read_folder(path).bill, None, pull.frame), pull.facts["record_types"])
    assert "2 of its lines cost nothing: a savings plan (SavingsPlanCovered" in text
    assert "by quantity the meter explains 100.0%" in text


def test_a_discount_is_taken_off_and_counts_no_usage_twice(on_aws, billed, tmp_path):
    path = on_aws()
    rows = cur(billed(path))
    less = rows.assign(
        line_item_line_item_type="EdpDiscount",
        line_item_unblended_cost=-rows["line_item_unblended_cost"] / 10,
    )
    pull = collected(path, pd.concat([rows, less]), tmp_path, "cur.parquet")
    table = reconcile(read_folder(path).bill, None, pull.frame)
    line = table[table["usage_type"] == "WriteRequestUnits"].iloc[0]
    assert line["billed_quantity"] == line["metered_quantity"]
    assert float(line["billed_usd"]) == pytest.approx(0.9 * float(line["metered_usd"]))
    assert "(a discount (EdpDiscount))" in answer(table, pull.facts["record_types"])


def test_an_export_by_the_day_has_the_run_and_the_stack_of_all_that_day(on_aws, billed, tmp_path):
    path = on_aws()
    folder, day = read_folder(path), pd.Timestamp("2026-11-20", tz="UTC")
    whole = {"ChargePeriodStart": day, "ChargePeriodEnd": day + timedelta(days=1)}
    rows = stands(billed(path), folder, 86_400).assign(**whole)
    table = by_label(folder.bill, None, collected(path, rows, tmp_path).frame)
    assert all(share == pytest.approx(1.0, abs=1e-6) for share in table["share_explained"])
    assert float(table["standing_usd"].sum()) > 0.02  # 14 pollers, three polls a minute


def test_credits_and_tax_of_the_stack_are_on_no_side(on_aws, billed, tmp_path):
    path = on_aws()
    rows = billed(path)
    kinds = (("Credit", -1.0), ("Tax", 0.25), ("Adjustment", -0.5))
    besides = [
        row(rows, ChargeCategory=kind, BilledCost=usd, ConsumedQuantity=None) for kind, usd in kinds
    ]
    pull = collected(path, pd.concat([rows, *besides]), tmp_path)
    table = reconcile(read_folder(path).bill, None, pull.frame)
    assert table[table["kind"] == "subtotal"].iloc[0]["share_explained"] == pytest.approx(1.0)
    assert answer(table, pull.facts["record_types"]).endswith(
        "in that time: credits of $1.000000, refunds of $0.500000 and tax of $0.250000."
    )


def test_two_runs_of_one_hour_share_each_resource_as_their_meters_have_it(on_aws, billed, tmp_path):
    paths = [on_aws(), on_aws(run_id="another", started_at="2026-11-20T06:40:00+00:00")]
    rows = pd.concat([billed(path) for path in paths])
    frames = [collected(path, rows, tmp_path).frame for path in paths]
    own = [frame[frame["tagged"]] for frame in frames]
    assert all(frame["prorated"].all() for frame in own)
    sums = [frame["cost_usd"].map(float).sum() for frame in own]
    of_parts = rows[rows["ResourceId"].notna()]["BilledCost"].sum()
    assert sums == pytest.approx([of_parts / 2] * 2)


def test_names_of_a_cloudwatch_pull_tell_a_stack_from_one_of_that_name(on_aws, billed, tmp_path):
    path = on_aws()
    rows = billed(path)
    other = rows[rows["ResourceId"].notna()].assign(
        ResourceId=lambda one: one["ResourceId"].str.replace("aBcD1234", "zZzZ9999"),
        SubAccountId="000000000000",
    )
    both = pd.concat([rows, other])
    with pytest.raises(PullFailed, match="are in 2 accounts of the export"):
        collected(path, both, tmp_path)
    parts = DESIGNS["sqs"].parts
    named = {
        one.role: f"SqsBatchProcessing-{one.construct}1A2B3C4D-aBcD1234"
        for one in (*parts.functions, *parts.queues, parts.table)
    }
    write_pull(path, "cloudwatch", tidy("cloudwatch", []), {"names": named}, NOW)
    found = collected(path, both, tmp_path).frame
    assert float(found["cost_usd"].sum()) == pytest.approx(rows["BilledCost"].sum())


def test_a_run_of_before_the_usage_by_resource_was_kept_has_labels_by_purpose(
    on_aws, billed, tmp_path
):
    path = on_aws("sfn")
    rows = billed(path)
    (path / "resources.parquet").unlink()
    frame = collected(path, rows, tmp_path).frame
    own = frame[frame["tagged"]].groupby("resource")["label"].agg(set).to_dict()
    assert own == {
        "batcher": {"dispatch", "telemetry"},
        "bucket": {"dispatch"},
        "machine": {"dispatch"},
        "processor": {"work", "telemetry"},
        "summary": {"knowing", "telemetry"},
        "topic": {"knowing"},
    }


def test_the_machines_own_log_is_telemetry_and_no_second_machine(on_aws, billed, tmp_path):
    path = on_aws("sfn")
    rows = billed(path)
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:SfnBatchProcessing-MachineLogs1A2B3C4D-x"
    more = like(rows, "AmazonCloudWatch", "VendedLog-Bytes", group, 0.5, 0.25)
    frame = collected(path, pd.concat([rows, more]), tmp_path).frame
    own = frame[(frame["resource"] == "machine") & (frame["label"] == "telemetry")]
    assert list(own["cost_usd"].map(float)) == [0.25]


def test_a_machine_that_may_be_anothers_is_refused(on_aws, billed, tmp_path):
    path = on_aws("sfn")
    rows = billed(path)
    other = "arn:aws:states:us-east-1:123456789012:stateMachine:Machine9Z9Z9Z9Z-other"
    more = like(
        rows,
        "AWS Step Functions",
        "StateTransition",
        other.replace("9Z9Z9Z9Z", "12345678"),
        9.0,
        1.0,
    )
    with pytest.raises(PullFailed, match="2 state machines of the export"):
        collected(path, pd.concat([rows, more]), tmp_path)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"BillingCurrency": "EUR"}, PullFailed, "the export bills in EUR, not in USD alone"),
        ({"ChargePeriodEnd": pd.Timestamp("2026-12-01", tz="UTC")}, PullFailed, "more than a day"),
        ({"ResourceId": "arn:aws:sqs:us-east-1:123456789012:x"}, PullFailed,
         "no row of SqsBatchProcessing's resources from 2026-11-20 06:10 to 06:13 UTC; its 18"),
        ({"ChargePeriodStart": pd.Timestamp("2026-11-19T05", tz="UTC"),
          "ChargePeriodEnd": pd.Timestamp("2026-11-19T06", tz="UTC")}, PullFailed,
         "An export has a run about a day later: copy it again then"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_runs_bill_is_one_clear_line(
    on_aws, billed, tmp_path, changes, error, message
):
    path = on_aws()
    with pytest.raises(error, match=message) as told:
        collected(path, billed(path).assign(**changes), tmp_path)
    assert "\n" not in str(told.value)


def test_two_currencies_are_named(on_aws, billed, tmp_path):
    path = on_aws()
    rows = billed(path)
    rows.loc[rows.index[:2], "BillingCurrency"] = "INR"
    with pytest.raises(PullFailed, match="bills in INR and USD, not in USD alone"):
        collected(path, rows, tmp_path)


def test_both_tables_in_one_folder_are_refused(on_aws, billed, tmp_path):
    path = on_aws()
    write(cur(billed(path)), tmp_path / "export/data/BILLING_PERIOD=2026-11/a.parquet")
    with pytest.raises(BadInput, match=r"holds CUR 2\.0 and FOCUS_1_2_AWS"):
        collected(path, billed(path), tmp_path)
