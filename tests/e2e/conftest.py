"""One server and one deployment for all end-to-end tests; they run where they are asked for."""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.proxy import (
    FAILED,
    THROTTLED,
    Delay,
    Late,
    Lose,
    PhysicalNames,
    Proxy,
    Rule,
    Updating,
    to_server,
)
from workbench.stacks.aws_clients import ENDPOINT_LACKS

HERE = Path(__file__).parent
GAPS = runpy.run_path(str(HERE / "server_gaps.py"))
SERVICES = "lambda sqs dynamodb states logs monitoring events sns tagging".split()
ASKED_FOR = ("e2e", "live")  # by `-m`; they take minutes, or an account
STARTS_S = 60
# What AWS does and the server does not, in every end-to-end test.
UNKIND = [
    Rule("s3.PUT", PhysicalNames(), of="AWS::StepFunctions::StateMachine"),
    Rule("states.StartExecution", Lose(), times=1),
    *(Rule(f"{one}.*", fault, share=0.01) for one in SERVICES for fault in (THROTTLED, FAILED)),
    Rule("lambda.*EventSourceMapping", Updating(1.5)),
    Rule("monitoring.*", Late(3)),
    Rule("logs.*", Late(2)),
    Rule("*", Delay(1), share=0.01),
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what nobody asked for."""
    asked = config.getoption("markexpr") or ""
    off = [
        item
        for item in items
        for mark in ASKED_FOR
        if item.get_closest_marker(mark) and mark not in asked
    ]
    if off:
        config.hook.pytest_deselected(items=off)
        items[:] = [item for item in items if item not in off]


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str

    def tally(self) -> dict[str, Any]:
        """What it has seen done: see server.py."""
        with urllib.request.urlopen(f"{self.url}/_fanin/tally") as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server on a free port of loopback, stopped by its own process id."""
    home, port = tmp_path_factory.mktemp("home"), _free_port()
    environment = {
        **os.environ,
        "HOME": str(home),
        "TMPDIR": str(home),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": "123456789012",
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",  # an account's, whatever this machine's memory is
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    environment.pop("AWS_ENDPOINT_URL", None)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py")], env=environment, stdout=log, stderr=log
        )
        try:
            yield _started(process, f"http://127.0.0.1:{port}", home / "server.log")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:  # a stop with an open client can hang
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def at_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """This process, and those that it starts, talk to the server through the proxy."""
    with pytest.MonkeyPatch.context() as patch, Proxy(to_server(server.url), UNKIND) as proxy:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("user")))  # CDK caches account ids there
        patch.setenv("AWS_ENDPOINT_URL", proxy.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv(ENDPOINT_LACKS, GAPS["LACKS"])
        yield server


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _started(process: subprocess.Popen, url: str, log: Path) -> Server:
    """The server, once it answers."""
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_fanin/tally", timeout=1):
                return Server(url)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
