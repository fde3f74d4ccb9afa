"""What the deployed code imports: virtual modules, and none that would go out for real."""

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from workbench.errors import NotDeployed
from workbench.targets.local.runtime.outside import CurrentRun, load
from workbench.targets.local.runtime.virtual_modules import REFUSED

OUTSIDE = (
    "def client(service): raise RuntimeError\ndef now(): return 0.0\n"
    "def sleep(seconds): raise RuntimeError\ndef gather(function, values, at_once): return []\n"
)


@pytest.fixture
def handler(tmp_path):
    """The handler of a module of these lines."""

    def make(text):
        (tmp_path / "lambdas").mkdir(exist_ok=True)
        (tmp_path / "lambdas/__init__.py").write_text("")
        (tmp_path / "lambdas/outside.py").write_text(OUTSIDE)
        (tmp_path / "lambdas/toy.py").write_text(text)
        return load(tmp_path, "lambdas.toy.handler", {}, CurrentRun())

    return make


def test_the_deployed_code_alone_gets_virtual_modules(handler):
    names = handler(
        "import threading, time, json\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def handler(event, context):\n"
        "    import queue\n"
        "    from . import outside\n"
        "    return threading, time, json, ThreadPoolExecutor, queue, outside\n"
    )(None, None)
    real = {name: sys.modules.get(name) for name in ("threading", "time", "json", "queue")}
    assert [names[0] is real["threading"], names[1] is real["time"]] == [False, False]
    assert [names[2] is real["json"], names[4] is real["queue"]] == [True, False]
    assert names[3] is not ThreadPoolExecutor
    assert (names[0].__name__, names[3].__module__) == ("threading", "concurrent.futures.thread")
    assert [real["threading"], real["time"]] == [threading, time]


def test_the_clock_is_the_runs_and_formats_as_ever(handler):
    now = handler(
        "import time\ndef handler(e, c): return time.time(), time.time_ns(), time.gmtime(0)"
    )
    assert now(None, None) == (1_767_227_400.0, 1_767_227_400_000_000_000, time.gmtime(0))


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_go_out_for_real_is_refused_by_name(handler, name):
    with pytest.raises(NotDeployed, match=f"{name} is imported by the deployed code"):
        handler(f"import {name}\ndef handler(event, context): pass")


def test_a_part_of_a_package_is_refused_too(handler):
    with pytest.raises(NotDeployed, match=r"urllib\.request is imported"):
        handler("from urllib import request\ndef handler(event, context): pass")
    assert handler("from urllib import parse\ndef handler(e, c): return parse.quote('a b')")(0, 0)


def test_of_boto3_there_are_clients_only(handler):
    ask = handler("import boto3\ndef handler(event, context): return boto3.resource('s3')")
    with pytest.raises(AttributeError, match=r"use boto3\.client"):
        ask(None, None)


def test_dates_are_the_runs_and_those_that_others_made_are_dates_too(handler):
    today = handler(
        "from datetime import date, datetime, UTC\n"
        "class Own(datetime): pass\n"
        "def handler(made, context):\n"
        "    now = datetime.now(UTC)\n"
        "    return (now.isoformat(), str(date.today()), str(datetime.now()), now.timestamp(),\n"
        "            isinstance(made, datetime), isinstance(made, Own), isinstance(1, date),\n"
        "            (now - made).total_seconds(), datetime.fromisoformat('2026-01-01').year)\n"
    )
    assert today(datetime(2026, 1, 1, tzinfo=UTC), None) == (
        "2026-01-01T00:30:00+00:00",
        "2026-01-01",
        "2026-01-01 00:30:00",
        1_767_227_400.0,
        True,
        False,
        False,
        1800.0,
        2026,
    )


def test_random_draws_are_those_of_the_run_and_leave_the_process_alone(tmp_path, handler):
    draw = "import random\ndef handler(e, c): return random.random(), random.choice('abc')\n"
    random.seed(7)
    before, first = random.getstate(), handler(draw)(None, None)
    assert (handler(draw)(None, None), random.getstate()) == (first, before)
    own = handler("import random\ndef handler(e, c): return random.Random(7).random()\n")
    assert own(None, None) == random.Random(7).random()
