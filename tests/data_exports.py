"""Data exports made of simulated runs: what AWS would bill for them, among the bills of others.

The rows are those of `workbench export --focus`, in AWS's names of resources, its prefixes and its
doubles, and a twin in CUR 2.0. Column names are those of the Data Exports table dictionary.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bill.focus import COLUMNS, focus_frame
from workbench.bill.monthly_cost import standing_usage
from workbench.designs import make_design
from workbench.platform.services import CLOUDWATCH, LAMBDA, SQS
from workbench.prices import load_book
from workbench.prices.refresh import SERVICE_CODES
from workbench.pull.window import metered, window_of
from workbench.runs.records import read_folder, write_folder

ACCOUNT = "123456789012"
FOCUS_COLUMNS = [
    *(one for one in COLUMNS if not one.startswith("x_")),
    *("x_Discounts", "x_Operation", "x_ServiceCode"),
]
CUR_COLUMNS = {  # of CUR 2.0, by the field of FOCUS that has the same
    "bill_billing_period_start_date": "BillingPeriodStart",
    "bill_payer_account_name": "BillingAccountName",
    "line_item_currency_code": "BillingCurrency",
    "line_item_line_item_type": "ChargeCategory",
    "line_item_operation": "x_Operation",
    "line_item_product_code": "x_ServiceCode",
    "line_item_resource_id": "ResourceId",
    "line_item_unblended_cost": "BilledCost",
    "line_item_usage_account_id": "SubAccountId",
    "line_item_usage_amount": "ConsumedQuantity",
    "line_item_usage_end_date": "ChargePeriodEnd",
    "line_item_usage_start_date": "ChargePeriodStart",
    "line_item_usage_type": "SkuMeter",
    "pricing_unit": "PricingUnit",
    "product_region_code": "RegionId",
    "resource_tags": "Tags",
}
DOUBLES = ("BilledCost", "ConsumedQuantity", "ListCost", "EffectiveCost", "PricingQuantity")


def on_aws(path, results, **changes):
    """The run folder of a local run, as if it had run on AWS."""
    folder = read_folder(path)
    changes = {"target": "aws", "run_id": f"{folder.run.run_id}-aws"} | changes
    run = replace(folder.run, **changes)
    return write_folder(replace(folder, run=run), results)


def billed(*folders):
    """The rows of FOCUS_1_2_AWS for runs: their own usage and nothing else."""
    frame = focus_frame((folder, "measured") for folder in folders)
    rows = frame.drop(columns=[one for one in frame if one.startswith("x_")])
    rows["x_ServiceCode"] = [SERVICE_CODES[one] for one in rows["ServiceName"]]
    rows["x_Operation"], rows["x_Discounts"] = "Invoke", None
    rows["SubAccountId"] = ACCOUNT
    rows["SkuMeter"] = [f"USE1-{one}" for one in rows["SkuMeter"]]
    rows["ResourceId"] = [deployed(one) for one in rows["ResourceId"]]
    rows["Tags"] = None  # no tag was ever activated
    for name in DOUBLES:
        rows[name] = rows[name].astype(float)
    return rows[FOCUS_COLUMNS]


def deployed(resource):
    """The id of a resource as CloudFormation names it: with a hash, and something random."""
    if not isinstance(resource, str):
        return None
    name = resource.replace("0" * 12, ACCOUNT)
    if ":s3:::" in name:  # AWS bills a bucket by its name alone
        return f"{name.rsplit(':', 1)[-1]}83908e77-1a2b3c4d5e6f"
    if ":stateMachine:" in name:  # and names a machine without its stack
        return f"{name.rsplit(':', 1)[0]}:Machine1A2B3C4D-aBcD1234"
    if ":log-group:" in name:
        start, function = name.rsplit("/aws/lambda/", 1)
        return f"{start}{function}Logs1A2B3C4D-aBcD1234"
    return f"{name}1A2B3C4D-aBcD1234"


def row(like, **changes):
    """A row like the first one of a frame, but for these columns."""
    return pd.DataFrame([like.iloc[0].to_dict() | changes], columns=like.columns)


def off(rows, seed, most=0.01):
    """The same rows as if AWS had counted up to one in a hundred more or less than our meter."""
    chance = Random(seed)
    factors = [1 + chance.uniform(-most, most) for _ in range(len(rows))]
    return rows.assign(**{name: rows[name] * factors for name in DOUBLES})


def stands(rows, folder, whole_s=3_600):
    """What the stack costs in the run's hour or day besides: polls, its alarm, notices."""
    run = folder.run
    design = make_design(run.design, settings=run.knobs)
    idle_s = whole_s - round(metered(window_of(run)).seconds)
    found = []
    for service, usage_type, _, label, amount in standing_usage(design, idle_s):
        queues = [one.construct for one in design.parts.queues if one.purpose == label]
        named = [f"sqs:us-east-1:{ACCOUNT}:{design.stack}-{one}" for one in queues]
        if service == CLOUDWATCH:
            named = [f"cloudwatch:us-east-1:{ACCOUNT}:alarm:{design.stack}-OldestOpenBatch"]
        for name in named:
            part = float(amount) / len(named)
            usd = part * float(load_book().price(service, usage_type).tiers[0].usd)
            found.append(like(rows, service, usage_type, f"arn:aws:{name}1A2B3C4D-x", part, usd))
    notices = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{design.stack}-NoticesQueue1A2B3C4D-x"
    found.append(like(rows, SQS, "Requests-Tier1", notices, 30.0, 0.000012))
    return pd.concat([rows, *found], ignore_index=True)


def like(rows, service, usage_type, resource, amount, usd):
    """A row of usage in the hour of the first one."""
    amounts = dict.fromkeys(("ConsumedQuantity", "PricingQuantity"), amount)
    costs = dict.fromkeys(("BilledCost", "ListCost", "EffectiveCost"), usd)
    return row(
        rows,
        ServiceName=service,
        x_ServiceCode=SERVICE_CODES[service],
        SkuMeter=f"USE1-{usage_type}",
        ResourceId=resource,
        **amounts,
        **costs,
    )


def among_others(rows):
    """The rows among those of others: things, hours, regions and kinds of charges."""
    hour = {name: rows.iloc[0][name] for name in ("ChargePeriodStart", "ChargePeriodEnd")}
    later = {name: at + timedelta(hours=3) for name, at in hour.items()}
    month = {name: rows.iloc[0][f"Billing{name[6:]}"] for name in hour}
    similar = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:SqsBatchProcessingOld-Processor"
    of_arn = rows[rows["ResourceId"].str.startswith("arn:", na=False)]
    abroad = of_arn.assign(
        ResourceId=of_arn["ResourceId"].str.replace("us-east-1", "eu-west-1"), RegionId="eu-west-1"
    )
    untouched = {"ConsumedQuantity": None, "ConsumedUnit": None, "SkuMeter": None}
    others = [
        like(rows, LAMBDA, "Request-ARM", similar, 1e6, 0.2),
        row(rows, ResourceId="i-0abc", x_ServiceCode="AmazonEC2", BilledCost=0.0104),
        row(rows, ResourceId=None, ChargeCategory="Tax", BilledCost=3.1, **untouched, **month),
        row(rows, ChargeCategory="Credit", BilledCost=-0.5, ConsumedQuantity=None),
    ]
    return pd.concat([*others, abroad, rows.assign(**later), rows], ignore_index=True)


def cur(rows, covered=()):
    """The same rows as CUR 2.0; usage of the services `covered` is under a savings plan."""
    twin = pd.DataFrame({name: rows[field] for name, field in CUR_COLUMNS.items()})
    kind = "line_item_line_item_type"
    own = twin["line_item_product_code"].isin(covered) & (twin[kind] == "Usage")
    twin.loc[own, kind] = "SavingsPlanCoveredUsage"
    negation = twin[own].assign(
        **{kind: "SavingsPlanNegation", "line_item_resource_id": None},
        line_item_unblended_cost=lambda one: -one["line_item_unblended_cost"],
    )
    return pd.concat([twin, negation], ignore_index=True)


def write(rows, path):
    """An export's file: parquet with AWS's types, or csv, compressed by its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".parquet":
        rows.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%S.000Z")
        return path
    maps = {name: pa.map_(pa.string(), pa.string()) for name in ("Tags", "resource_tags")}
    maps["x_Discounts"] = pa.map_(pa.string(), pa.float64())
    times = [name for name in rows if isinstance(rows[name].dtype, pd.DatetimeTZDtype)]
    kinds = maps | dict.fromkeys(times, pa.timestamp("ms"))
    plain = rows.assign(**{name: rows[name].dt.tz_localize(None) for name in times})
    arrays = [
        pa.array(plain[name].where(plain[name].notna(), None), kinds.get(name), from_pandas=True)
        for name in plain
    ]
    pq.write_table(pa.table(arrays, names=list(plain)), path)
    return path
