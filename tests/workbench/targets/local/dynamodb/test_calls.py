"""DynamoDB's units by the size of items, its limits, and the storage of a table."""

from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from workbench.platform.services import DYNAMODB
from workbench.targets.local.dynamodb.table import Table
from workbench.targets.local.runtime.faults import CallFault, Faults

KB = "x" * 1024
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


@pytest.fixture
def table(toy):
    return with_table(toy)


def with_table(toy):
    toy.cloud.tables.add(Table("table"))
    toy.dynamodb = toy.outside.client("dynamodb")
    return toy


def item(sk="s", pk="p", **texts):
    return {"pk": {"S": pk}, "sk": {"S": sk}} | {name: {"S": t} for name, t in texts.items()}


def units(toy, *calls):
    """Write and read units of calls that a handler makes, one number each."""
    found, kinds = [], ("WriteRequestUnits", "ReadRequestUnits")

    def total():
        return sum(toy.meter.quantity(DYNAMODB, kind, "knowing") for kind in kinds)

    def handler(event, context):
        for name, request in calls:
            before = total()
            try:
                getattr(toy.dynamodb, name)(**request)
            except ClientError as error:
                found.append(error.response["Error"]["Code"])
            found.append(float(total() - before))

    toy.function(handler)
    toy.invoke({})
    toy.run()
    return found


def put(one, **more):
    return "put_item", {"TableName": "table", "Item": one} | more


def update(value, **more):
    return "update_item", {
        "TableName": "table",
        "Key": KEY,
        "UpdateExpression": "SET big = :v",
        "ExpressionAttributeValues": {":v": {"S": value}},
    } | more


DELETE = ("delete_item", {"TableName": "table", "Key": KEY})


def test_a_write_is_billed_by_the_larger_image_in_kilobytes(table):
    found = units(table, put(item()), put(item(big=KB)), put(item()), update(KB * 3), update(""), DELETE, DELETE)  # fmt: skip  # noqa: E501
    assert found == [1, 2, 2, 4, 4, 1, 1]


def test_a_failed_condition_is_billed_by_what_is_there(table):
    never = {"ConditionExpression": "attribute_not_exists(pk)"}
    always = {"ConditionExpression": "attribute_exists(pk)"}
    refused = "ConditionalCheckFailedException"
    found = units(table, update("a", **always), put(item(big=KB)), put(item(), **never))
    assert found == [refused, 1, 2, refused, 2]


def test_a_batch_write_is_the_sum_of_its_entries(table):
    entries = [{"PutRequest": {"Item": item(f"{n}", big=KB)}} for n in range(3)]
    entries.append({"DeleteRequest": {"Key": item("gone")}})
    request = {"RequestItems": {"table": entries}}
    assert units(table, ("batch_write_item", request)) == [2 * 3 + 1]


def test_a_transaction_costs_twice_also_when_it_fails(table):
    def transaction(condition):
        return "transact_write_items", {
            "TransactItems": [
                {"Put": {"TableName": "table", "Item": item("new")}},
                {"Delete": {"TableName": "table", "Key": KEY, "ConditionExpression": condition}},
            ]
        }

    fails, works = transaction("attribute_exists(nothing)"), transaction("attribute_exists(pk)")
    found = units(table, put(item(big=KB)), fails, works, works)
    cancelled = "TransactionCanceledException"
    assert found == [2, cancelled, 2 + 4, 2 + 4, cancelled, 2 + 2]


def test_reads_are_rounded_up_to_four_kilobytes_once_a_query(table):
    some = {":p": {"S": "p"}}
    query = {"TableName": "table", "KeyConditionExpression": "pk = :p"}
    query |= {"ExpressionAttributeValues": some}
    strong = {"ConsistentRead": True}
    found = units(
        table,
        *(put(item(sk, big=KB * 3)) for sk in "abc"),
        ("get_item", {"TableName": "table", "Key": item("a")}),
        ("get_item", {"TableName": "table", "Key": item("a")} | strong),
        ("get_item", {"TableName": "table", "Key": item("none")} | strong),
        ("query", query | strong),
        ("query", query | strong | {"Limit": 1}),
        ("query", query | {"ExpressionAttributeValues": {":p": {"S": "none"}}}),
        (
            "batch_get_item",
            {
                "RequestItems": {
                    "table": {"Keys": [item("a"), item("none")], "ConsistentRead": True}
                }
            },
        ),
    )
    assert found[3:] == [0.5, 1, 1, 3, 1, 0.5, 2]


def test_over_a_keys_limit_a_batch_write_leaves_entries_unprocessed(toys):
    with toys(ddb_key_writes_per_s=10) as toy:
        with_table(toy)
        answers = []
        entries = [{"PutRequest": {"Item": item(f"{n:02d}")}} for n in range(25)]

        def handler(event, context):
            request = {"RequestItems": {"table": entries}}
            answers.append(toy.dynamodb.batch_write_item(**request))
            toy.outside.sleep(0.5)
            request = {"RequestItems": answers[0]["UnprocessedItems"]}
            answers.append(toy.dynamodb.batch_write_item(**request))

        toy.function(handler)
        toy.invoke({})
        toy.run()
        left = [answer["UnprocessedItems"]["table"] for answer in answers]
        assert left == [entries[10:], entries[15:]]
        assert toy.meter.quantity(DYNAMODB, "WriteRequestUnits") == 15


def test_the_limit_of_a_key_leaves_other_keys_alone_and_the_tables_does_not(toys):
    with toys(ddb_key_writes_per_s=2, ddb_table_writes_per_s=3) as toy:
        with_table(toy)
        toy.outside._tries = 1
        toy.dynamodb = toy.outside.client("dynamodb")
        found = units(toy, *(put(item(pk=pk)) for pk in "aaabc"))
        refused = "ProvisionedThroughputExceededException"
        assert found == [1, 1, refused, 0, 1, refused, 0]


def test_a_warm_table_takes_more(toys):
    with toys(ddb_table_writes_per_s=1) as toy:
        toy.writes_per_s["table"] = 3
        with_table(toy)
        assert units(toy, *(put(item(pk=pk)) for pk in "abc")) == [1, 1, 1]


def test_a_throttled_write_is_tried_again_until_the_bucket_has_filled(toys):
    with toys(ddb_key_writes_per_s=1) as toy:
        with_table(toy)
        toy.outside._tries = 9
        toy.dynamodb = toy.outside.client("dynamodb")
        assert units(toy, put(item("a")), put(item("b"))) == [1, 1]
        assert toy.reports.frame()["duration_ms"][0] >= 1000


def test_a_fault_plan_can_leave_entries_unprocessed(toys):
    class Plan(Faults):
        def calling(self, call):
            return CallFault(hold_back=2)

    with toys(Plan()) as toy:
        with_table(toy)
        entries = [{"PutRequest": {"Item": item(f"{n}")}} for n in range(3)]
        answers = []
        toy.function(
            lambda event, context: answers.append(
                toy.dynamodb.batch_write_item(RequestItems={"table": entries})
            )
        )
        toy.invoke({})
        toy.run()
        assert answers[0]["UnprocessedItems"] == {"table": entries[1:]}


def test_storage_adds_up_bytes_over_time(table):
    def handler(event, context):
        table.dynamodb.put_item(TableName="table", Item=item(big="x" * 891))  # 900 with its names
        table.outside.sleep(3600)
        table.dynamodb.delete_item(TableName="table", Key=KEY)

    table.function(handler, timeout_s=9_999.0)
    table.invoke({})
    table.run()
    month = Decimal(2**30) * 730
    table.storage.bill(table.meter, table.kernel.now)
    stored = table.meter.quantity(DYNAMODB, "TimedStorage-ByteHrs", "knowing")
    assert stored == pytest.approx(Decimal(1_000) / month)


def test_consumed_capacity_is_a_metric(table):
    units(table, put(item()), put(item("t")))
    table.context.metrics.put(table.cloud.client("cloudwatch"))
    found = table.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/DynamoDB",
        MetricName="ConsumedWriteCapacityUnits",
        Dimensions=[{"Name": "TableName", "Value": "table"}],
        StartTime="2026-01-01T00:30:00Z",
        EndTime="2026-01-01T00:31:00Z",
        Period=60,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [2.0]
