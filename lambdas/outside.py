"""The one way out of a handler: AWS clients, the clock, sleep, CPU, several items at a time.

Nothing else in this package reads a clock, sleeps, starts a thread or makes a client, so that a
simulated world replaces these five functions and runs every other line as it is deployed.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

# Standard mode: exponential back-off with jitter, on throttles and server errors only.
CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=64,
)


def client(service: str) -> Any:
    """A client of an AWS service."""
    return boto3.client(service, config=CONFIG)


def now() -> float:
    """The time, in seconds since 1970."""
    return time.time()


def sleep(seconds: float) -> None:
    """Wait. Less than nothing is a ValueError."""
    time.sleep(seconds)


def compute(cpu_ms: float) -> None:
    """Use so many milliseconds of a whole CPU's time."""
    end_s = time.thread_time() + cpu_ms / 1000
    while time.thread_time() < end_s:
        pass


def gather(function: Callable[[Any], Any], values: Iterable[Any], at_once: int) -> list[Any]:
    """The function's results over values in their order, `at_once` at a time.

    Every call has ended when this returns or raises: a thread left behind would go on inside the
    next invocation.
    """
    if at_once <= 1:
        return [function(value) for value in values]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(function, values))
