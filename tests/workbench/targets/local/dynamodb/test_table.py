"""Our tables answer as moto's do, call by call."""

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from workbench.targets.local.dynamodb.expressions import condition, update
from workbench.targets.local.dynamodb.past import Past
from workbench.targets.local.dynamodb.table import Table, Tables
from workbench.targets.local.runtime.service import NotKnown, Refused
from workbench.targets.local.world.stack import ACCOUNT, REGION

FREE = "attribute_not_exists(lease_until) OR lease_until < :now OR lease_by = :me"
CONDITIONS = (
    None,
    "attribute_exists(pk)",
    "attribute_not_exists(pk)",
    f"attribute_exists(pk) AND ({FREE})",
    "lease_by = :me",
    "attribute_not_exists(written)",
    "#n < :now",
    "#n <> :me AND lease_until >= :now OR lease_until <= :now AND #n > :now",
)
UPDATES = (
    "SET lease_until = :now, lease_by = :me",
    "SET lease_until = :now ADD attempts :one",
    "REMOVE lease_until, lease_by",
    "SET #n = :me REMOVE lease_by",
    "SET written = :yes, undone = :list",
)
NAMES = {"#n": "status"}
VALUES = {
    ":now": {"N": "5"},
    ":me": {"S": "x"},
    ":one": {"N": "1"},
    ":yes": {"BOOL": True},
    ":list": {"L": [{"S": "a"}, {"S": "b"}]},
}
key = st.builds(
    lambda pk, sk: {"pk": {"S": pk}, "sk": {"S": sk}}, st.sampled_from("ab"), st.sampled_from("xyz")
)
rest = st.fixed_dictionaries(
    {},
    optional={
        "lease_until": st.sampled_from([{"N": "3"}, {"N": "5"}, {"N": "7.5"}]),
        "lease_by": st.sampled_from([{"S": "x"}, {"S": "other"}]),
        "status": st.sampled_from([{"N": "4"}, {"N": "5"}, {"N": "60"}]),  # moto: no mixed types
        "written": st.just({"BOOL": True}),
        "attempts": st.just({"N": "2"}),
    },
)
record = st.builds(lambda one, other: one | other, key, rest)


def used(*texts):
    """The names and values that expressions use; moto refuses what is not used."""
    text = " ".join(one or "" for one in texts)
    names = {name: value for name, value in NAMES.items() if name in text}
    values = {name: value for name, value in VALUES.items() if name in text}
    found = {}
    if names:
        found["ExpressionAttributeNames"] = names
    if values:
        found["ExpressionAttributeValues"] = values
    return found


def conditional(request, asked):
    return request | ({"ConditionExpression": asked} if asked else {})


put = st.builds(
    lambda item, asked: ("PutItem", conditional({"Item": item}, asked) | used(asked)),
    record,
    st.sampled_from(CONDITIONS),
)
delete = st.builds(
    lambda at, asked: ("DeleteItem", conditional({"Key": at}, asked) | used(asked)),
    key,
    st.sampled_from(CONDITIONS),
)
change = st.builds(
    lambda at, text, asked: (
        "UpdateItem",
        conditional({"Key": at, "UpdateExpression": text}, asked)
        | used(text, asked)
        | {"ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
    ),
    key,
    st.sampled_from(UPDATES),
    st.sampled_from(CONDITIONS),
)
get = st.builds(lambda at: ("GetItem", {"Key": at, "ConsistentRead": True}), key)
query = st.builds(
    lambda pk, limit: (
        "Query",
        {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ConsistentRead": True,
        }
        | ({"Limit": limit} if limit else {}),
    ),
    st.sampled_from("ab"),
    st.sampled_from([0, 1, 2, 3]),
)
transact = st.builds(
    lambda first, second: ("TransactWriteItems", [first, second]),
    st.one_of(put, delete),
    st.one_of(put, delete),
).filter(lambda call: place(call[1][0]) != place(call[1][1]))
many = st.builds(
    lambda items, at: ("BatchWriteItem", (items, at)),
    st.lists(record, max_size=3, unique_by=lambda one: (one["pk"]["S"], one["sk"]["S"])),
    key,
).filter(lambda call: call[1][1] not in [only_key(one) for one in call[1][0]])
read = st.builds(
    lambda keys: ("BatchGetItem", keys),
    st.lists(key, min_size=1, max_size=3, unique_by=lambda one: (one["pk"]["S"], one["sk"]["S"])),
)


def only_key(item):
    return {name: item[name] for name in ("pk", "sk")}


def place(call):
    return only_key(call[1].get("Key") or call[1]["Item"])


def request_for(table, operation, asked):
    """A call as it is made on one of the two tables."""
    if operation == "TransactWriteItems":
        kinds = {"PutItem": "Put", "DeleteItem": "Delete"}
        return {
            "TransactItems": [{kinds[kind]: {"TableName": table} | part} for kind, part in asked]
        }
    if operation == "BatchWriteItem":
        items, at = asked
        entries = [{"PutRequest": {"Item": item}} for item in items]
        return {"RequestItems": {table: [*entries, {"DeleteRequest": {"Key": at}}]}}
    if operation == "BatchGetItem":
        return {"RequestItems": {table: {"Keys": asked, "ConsistentRead": True}}}
    return {"TableName": table} | asked


def told(response, table):
    """What handlers read of an answer."""
    names = ("Item", "Attributes", "Items", "LastEvaluatedKey", "UnprocessedItems")
    found = {name: response[name] for name in names if response.get(name)}
    if "Responses" in response:
        found["Responses"] = sorted(map(str, response["Responses"].get(table, [])))
    return found


@pytest.fixture(scope="module")
def client():
    with mock_aws():
        made = boto3.client(
            "dynamodb",
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        made.create_table(
            TableName="moto",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk")
            ],
        )
        yield made


def by_moto(client, operation, asked):
    method = {api: name for name, api in client.meta.method_to_api_mapping.items()}[operation]
    try:
        return told(getattr(client, method)(**request_for("moto", operation, asked)), "moto")
    except ClientError as error:
        reasons = [one["Code"] for one in error.response.get("CancellationReasons", [])]
        return error.response["Error"]["Code"], error.response.get("Item") or None, reasons


def by_ours(tables, operation, asked):
    try:
        return told(tables.call(operation, request_for("ours", operation, asked)), "ours")
    except Refused as refused:
        reasons = [one["Code"] for one in refused.rest.get("CancellationReasons", [])]
        return refused.code, refused.rest.get("Item"), reasons


def contents(items):
    return sorted(map(str, items))


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.one_of(put, delete, change, get, query, transact, many, read), max_size=15))
def test_a_series_of_calls_is_answered_as_moto_answers_it(client, calls):
    tables = Tables()
    tables.add(Table("ours"))
    dynamodb_backends[ACCOUNT][REGION].get_table("moto").items.clear()
    for operation, asked in calls:
        assert by_ours(tables, operation, asked) == by_moto(client, operation, asked), operation
    scanned = client.scan(TableName="moto")["Items"]
    assert contents(tables.call("Scan", {"TableName": "ours"})["Items"]) == contents(scanned)


@pytest.mark.parametrize(
    "text", ["begins_with(sk, :a)", "a = :a AND", "(a = :a", "a BETWEEN :a AND :b", "NOT a = :a"]
)
def test_a_condition_that_is_not_known_is_refused(text):
    with pytest.raises(NotKnown):
        condition(text)


@pytest.mark.parametrize("text", ["SET a = b", "SET a = a + :one", "DELETE a :b", "SET a[0] = :b"])
def test_an_update_that_is_not_known_is_refused(text):
    with pytest.raises(NotKnown):
        update(text)


def test_a_request_with_more_in_it_is_refused():
    tables = Tables()
    with pytest.raises(NotKnown, match="FilterExpression"):
        tables.call("Query", {"TableName": "ours", "FilterExpression": "a = :a"})
    with pytest.raises(NotKnown, match="ListTables"):
        tables.call("ListTables", {})


def test_a_table_that_is_not_there_is_named():
    with pytest.raises(Refused, match="no table lost"):
        Tables().call("Scan", {"TableName": "lost"})


def test_a_read_of_a_moment_ago_sees_what_was_there_then():
    now_s, tables = [0.0], Tables()
    table = tables.add(Table("ours"))
    tables.remember(lambda: Past(lambda: now_s[0], kept_s=1.0))

    def record(sk, value):
        return {"pk": {"S": "p"}, "sk": {"S": sk}, "v": {"S": value}}

    def seen():
        found = tables.call("Scan", {"TableName": "ours"})["Items"]
        return {one["sk"]["S"]: one["v"]["S"] for one in found}

    for at_s, change in (
        (0.0, lambda: table.put(record("a", "first"))),
        (1.0, lambda: table.put(record("a", "second"))),
        (1.5, lambda: table.put(record("b", "new"))),
        (1.8, lambda: table.remove(record("a", ""))),
    ):
        now_s[0] = at_s
        change()
    now_s[0] = 1.9
    for age_s, expected in (
        (0.0, {"b": "new"}),
        (0.2, {"a": "second", "b": "new"}),
        (0.7, {"a": "second"}),
        (1.0, {"a": "first"}),
    ):
        with tables.as_of(age_s):
            assert seen() == expected
    assert seen() == {"b": "new"}
