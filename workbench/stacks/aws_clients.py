"""Clients of AWS, made in one place: region, retries, time-outs, and what an endpoint lacks."""

import os
from collections import Counter
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from workbench.errors import BadInput
from workbench.stacks.aws_errors import SETUP, TRIES_MAX, NoCredentials, explained, plainly

# Standard mode: exponential back-off with jitter up to 20 s, on throttles, time-outs and server
# errors only, under a budget of retries (SDKs and tools reference guide, retry behaviour). A Lambda
# invocation is tried again too: the batch id makes that harmless.
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": TRIES_MAX},
    connect_timeout=5,
    read_timeout=60,
    user_agent_extra="fanin-workbench",
)
# The one place that says what an AWS-compatible server lacks; on AWS nothing is.
ENDPOINT_LACKS = "WORKBENCH_AWS_LACKS"
CAPABILITIES = ("insights",)


class Aws:
    """The clients of one session, and the number of calls made through each."""

    def __init__(self, region: str | None = None) -> None:
        # boto3 itself reads AWS_DEFAULT_REGION only; the CDK and all other SDKs read this one.
        region = region or os.environ.get("AWS_REGION")
        try:
            self._session = boto3.Session(region_name=region)
        except BotoCoreError as error:
            raise explained(error) from None
        self._clients: dict[str, Any] = {}
        self._account = ""
        self.calls: Counter[tuple[str, str]] = Counter()  # by service and operation

    @property
    def region(self) -> str:
        """The session's region."""
        if self._session.region_name is None:
            raise NoCredentials("AWS: no region is set. Set AWS_REGION, such as us-east-1.")
        return self._session.region_name

    def client(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            with plainly():
                made = self._session.client(service, region_name=self.region, config=CONFIG)
            made.meta.events.register("before-call.*.*", self._count)
            self._clients[service] = made
        return self._clients[service]

    def renewed(self) -> "Aws":
        """The same with a new session, which reads credentials that were renewed meanwhile."""
        return Aws(self._session.region_name)

    def account(self) -> str:
        """The account's id, for calls that need it; never to be written down. NoCredentials says
        what is missing if AWS does not know who is asking."""
        with plainly():
            if self._session.get_credentials() is None:
                raise NoCredentials(f"AWS credentials: none were found. {SETUP}")
            if not self._account:
                self._account = self.client("sts").get_caller_identity()["Account"]
        return self._account

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[model.service_model.service_name, model.name] += 1


def use_region(region: str | None) -> None:
    """Let this process ask AWS, and the CDK deploy, in a region; None: where it did."""
    if region:
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region


def session_region(region: str | None) -> str:
    """The region that AWS is asked in: the one given, which the session then has, else its own."""
    use_region(region)
    return Aws().region


def supports(capability: str) -> bool:
    """Whether the service at hand can do this; WORKBENCH_AWS_LACKS names what it cannot."""
    lacks = {name for name in os.environ.get(ENDPOINT_LACKS, "").split(",") if name}
    if unknown := lacks - set(CAPABILITIES):
        raise BadInput(
            f"{ENDPOINT_LACKS} names {', '.join(sorted(unknown))}; "
            f"known is {', '.join(CAPABILITIES)}."
        )
    return capability not in lacks
