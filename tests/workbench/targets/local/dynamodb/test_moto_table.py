"""Narrowed queries and transactions answer as moto's own do."""

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from workbench.targets.local.dynamodb import moto_table as dynamodb_table

NAMES = st.sampled_from("abc")
WRITES = st.lists(st.tuples(NAMES, NAMES, st.integers(0, 9)), max_size=20)


@pytest.fixture(scope="module")
def dynamodb():
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        keys = [{"AttributeName": n, "KeyType": k} for n, k in (("pk", "HASH"), ("sk", "RANGE"))]
        client.create_table(
            TableName="table",
            KeySchema=keys,
            AttributeDefinitions=[
                {"AttributeName": one["AttributeName"], "AttributeType": "S"} for one in keys
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def fill(dynamodb, writes):
    dynamodb_table.clear("table")
    for pk, sk, number in writes:
        one = {"pk": {"S": pk}, "sk": {"S": sk}, "n": {"N": str(number)}}
        dynamodb.put_item(TableName="table", Item=one)


def content(dynamodb):
    items = dynamodb.scan(TableName="table")["Items"]
    return sorted((one["pk"]["S"], one["sk"]["S"], one["n"]["N"]) for one in items)


def answer(call, **request):
    """What a call answers, or the reasons for which it was cancelled."""
    try:
        found = call(**request)
        found.pop("ResponseMetadata")
        return found
    except ClientError as error:
        return error.response["Error"], error.response.get("CancellationReasons")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(WRITES, NAMES, st.integers(1, 4), st.booleans(), st.one_of(st.none(), NAMES))
def test_queries(dynamodb, writes, pk, limit, forward, after):
    fill(dynamodb, writes)
    query = {
        "TableName": "table",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}},
        "Limit": limit,
        "ScanIndexForward": forward,
    }
    if after:
        query["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": after}}
    plain = answer(dynamodb.query, **query)
    with dynamodb_table.installed():
        assert answer(dynamodb.query, **query) == plain


def action(kind, pk, sk, number, condition):
    key, value = {"pk": {"S": pk}, "sk": {"S": sk}}, {":n": {"N": str(number)}}
    checked = {"ConditionExpression": condition} if condition else {}
    if kind == "Put":
        return {"Put": {"TableName": "table", "Item": key | {"n": value[":n"]}} | checked}
    if kind == "Delete":
        return {"Delete": {"TableName": "table", "Key": key} | checked}
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": value}
    return {"Update": {"TableName": "table", "Key": key} | update | checked}


ACTIONS = st.lists(
    st.builds(
        action,
        st.sampled_from(["Put", "Delete", "Update"]),
        NAMES,
        NAMES,
        st.integers(0, 9),
        st.sampled_from([None, "attribute_exists(pk)", "attribute_not_exists(pk)"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(WRITES, ACTIONS)
def test_transactions(dynamodb, writes, actions):
    fill(dynamodb, writes)
    plain = answer(dynamodb.transact_write_items, TransactItems=actions)
    wanted = content(dynamodb)
    fill(dynamodb, writes)
    with dynamodb_table.installed():
        assert answer(dynamodb.transact_write_items, TransactItems=actions) == plain
        assert content(dynamodb) == wanted


def test_stored_bytes_are_the_items_own(dynamodb):
    fill(dynamodb, [("a", "b", 7)])
    table = dynamodb_table.table_named("table")
    sizes = [dynamodb_table.stored_bytes(table, {"pk": {"S": pk}, "sk": {"S": "b"}}) for pk in "ab"]
    assert sizes == [3 + 3 + 3, 0]
