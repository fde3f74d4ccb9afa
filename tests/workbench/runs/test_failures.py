"""Failed items: read from where each design lists them, and said in one line."""

import io
import json

import pytest

from workbench.errors import PullFailed
from workbench.runs.failures import (
    Failure,
    failed_line,
    failures_frame,
    measured_work,
    read_failures,
    work_hint,
)
from workbench.runs.records import Run

SLEEP = "ValueError: sleep length must be non-negative"


def run(failed, target="local", **knobs):
    return Run("r", "sqs", target, 1_000, 7, knobs, "r", "2026-11-23", items_failed=failed)


@pytest.mark.parametrize(
    ("failures", "line"),
    [
        (
            [Failure(f"{n:x}", 1, SLEEP, 3) for n in range(35)]
            + [Failure("a", 1, "E: no a", 3), Failure("b", 1, "E: no b", 3)],
            f"37 of 1,000 items failed: 35 × {SLEEP}; 2 × E: no …",
        ),
        (
            [Failure("segment#000001", 30, "never created", None)]
            + [Failure(str(n), 1, f"E: {n * 7}", 3) for n in (1, 1, 2, 3, 4, 5, 6)],
            "37 of 1,000 items failed: 30 × never created; 2 × E: 7; 1 × E: 14; "
            "4 more reasons in failures.parquet",
        ),
        ([], "37 of 1,000 items failed"),
        (
            [Failure("a", 1, SLEEP, 3)],
            f"37 of 1,000 items failed: 1 × {SLEEP}; of the first 1 that are listed",
        ),
    ],
)
def test_the_line_names_the_most_frequent_reasons_first(failures, line):
    assert failed_line(run(37), failures_frame(failures)) == line


def test_the_model_counts_and_says_that_it_is_modelled():
    poisoned, tries = {"poison_per_million": 3}, {"fails_per_million": 5}
    whys = [failed_line(run(37, "model", **knobs), None) for knobs in (poisoned, poisoned | tries)]
    assert whys == [
        f"37 of 1,000 items failed: 37 × {SLEEP} (modelled)",
        f"37 of 1,000 items failed: 37 × {SLEEP} or RuntimeError: this try is one of "
        "fails_per_million (modelled)",
    ]


class Table:
    """A DynamoDB client that answers a page for each call."""

    PAGES = (
        [{"sk": {"S": "00ff"}, "value": {"N": "-1"}, "reason": {"S": SLEEP},
          "attempts": {"N": "3"}}],
        [
            {"sk": {"S": "segment#000002"}, "start": {"N": "20"}, "stop": {"N": "30"},
             "reason": {"S": "the segment could not be created"}},
            {"sk": {"S": "messages#000000001"}, "items": {"N": "5"}, "reason": {"S": "dead"}},
        ],
    )  # fmt: skip

    def query(self, **request):
        assert request["ExpressionAttributeValues"] == {":pk": {"S": "failed#b"}}
        at = request.get("ExclusiveStartKey", 0)
        more = {"LastEvaluatedKey": at + 1} if at + 1 < len(self.PAGES) else {}
        return {"Items": self.PAGES[at]} | more


ROWS = [
    Failure("00ff", 1, SLEEP, 3),
    Failure("segment#000002", 10, "the segment could not be created", None),
    Failure("messages#000000001", 5, "dead", None),
]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_items_and_ranges_come_from_the_state_table_up_to_a_limit(limit):
    found = read_failures("sqs", lambda _: Table(), {"StateTableName": "t"}, "b", limit)
    assert found.equals(failures_frame(ROWS[:limit]))


class Bucket:
    """An S3 client with a died child in a results file, and a processor's list."""

    def __init__(self):
        child = {
            "Input": json.dumps({"Items": [{"id": "01"}, {"id": "02"}]}),
            "Status": "FAILED",
            "Error": "Lambda.Unknown",
            "Cause": json.dumps({"errorMessage": "out of memory\nat line 1"}),
        }
        timed_out = {"Input": '{"Items":[{"id":"03"}]}', "Status": "TIMED_OUT"}
        listed = [{"id": name, "reason": SLEEP} for name in ("02", "04")]
        self.objects = {
            "results/b/map/FAILED_0.json": json.dumps([child, timed_out]),
            "results/b/map/SUCCEEDED_0.json": "[]",
            "batches/b/failed/01.jsonl": "".join(json.dumps(one) + "\n" for one in listed),
        }

    def get_paginator(self, _):
        return self

    def paginate(self, Bucket, Prefix):
        assert Bucket == "bucket"
        yield {"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}

    def get_object(self, Key, **_):
        content = io.BytesIO(self.objects[Key].encode())
        content.iter_chunks = lambda _: iter(lambda: content.read(7), b"")
        return {"Body": content}


def test_items_of_sfn_come_from_dead_children_and_from_the_lists_of_the_others():
    found = read_failures("sfn", lambda _: Bucket(), {"BucketName": "bucket"}, "b")
    assert found.equals(
        failures_frame(
            [
                Failure("01", 1, "Lambda.Unknown: out of memory", None),
                Failure("02", 1, "Lambda.Unknown: out of memory", None),
                Failure("03", 1, "TIMED_OUT", None),
                Failure("04", 1, SLEEP, 1),
            ]
        )
    )


def test_items_of_durable_come_from_lists_by_range_and_a_failed_segment_is_one_row():
    bucket, folder = Bucket(), "batches/b/failed"
    item = {"id": "0a", "value": -1, "reason": SLEEP, "attempts": 3}
    early = json.dumps(item | {"id": "0b", "attempts": 1}) + "\n"
    whole = {"start": 200, "stop": 400, "reason": "ExecutionLimit: too many operations"}
    bucket.objects = {
        f"{folder}/000000000-000000100.jsonl": json.dumps(item) + "\n",
        f"{folder}/000000100-000000200.jsonl": "",  # its second try has done them all
        f"{folder}/000000200-000000300.jsonl": early,  # of the segment that failed after it
        f"{folder}/000000200-000000400.jsonl": json.dumps(whole) + "\n",
        f"{folder}/000000300-000000400.jsonl": early,
    }
    found = read_failures("durable", lambda _: bucket, {"BucketName": "bucket"}, "b")
    rows = [
        Failure("0a", 1, SLEEP, 3),
        Failure("range#000000200-000000400", 200, "ExecutionLimit: too many operations", None),
    ]
    assert found.equals(failures_frame(rows))


@pytest.mark.parametrize("cut", [1, 2, 40, 200])
def test_a_results_file_that_ends_in_the_middle_gives_no_shorter_list(cut):
    bucket = Bucket()
    key = "results/b/map/FAILED_0.json"
    bucket.objects[key] = bucket.objects[key][:-cut]
    with pytest.raises(PullFailed, match=r"FAILED_0\.json ends in the middle"):
        read_failures("sfn", lambda _: bucket, {"BucketName": "bucket"}, "b")


def run_of(work_ms, items=10_000, value_max=1_000):
    knobs = {"value_max": value_max}
    return Run(
        "r", "sqs", "local", items, 7, knobs, "r", "", items_processed=items, work_ms=work_ms
    )


def test_the_model_is_told_twice_the_mean():
    told = "measured 34.9 ms an item on average: --set value_max=70 tells the model"
    assert (measured_work(run_of(349_000)), work_hint(run_of(349_000))) == (told, told)


@pytest.mark.parametrize(
    ("work_ms", "items"),
    [(5_030_000, 10_000), (None, 10_000), (3_000, 10), (0, 0)],
    ids=["as the knob says", "not measured", "by chance, of few items", "nothing was done"],
)
def test_there_is_no_hint_where_the_model_is_about_right_or_nothing_is_known(work_ms, items):
    assert work_hint(run_of(work_ms, items)) == ""
