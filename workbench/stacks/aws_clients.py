"""Clients of AWS, made in one place: retries, time-outs, and errors in plain words.

Account ids and keys must not reach a run folder, a notebook or a log. So AWS's own errors never
leave `plainly`: they become one of ours, without the original behind it, and scrubbed.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore import exceptions as botocore
from botocore.config import Config

from workbench.errors import BadInput, WorkbenchError

# Standard mode: exponential back-off with jitter up to 20 s, on throttles, time-outs and server
# errors only, under a budget of retries (SDKs and tools reference guide, retry behaviour). A Lambda
# invocation is tried again too: the batch id makes that harmless.
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 6},
    connect_timeout=5,
    read_timeout=60,
    user_agent_extra="fanin-workbench",
)
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
KEY_ID = re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
REFUSED = (
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "AuthFailure",
    "InvalidAccessKeyId",
)
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")
THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ProvisionedThroughputExceededException",
    "SlowDown",
    "LimitExceededException",
)
LOGIN = "Log in again (`aws sso login`, or renew AWS_SESSION_TOKEN), then do the same once more."
SETUP = (
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws configure` or "
    "`aws configure sso` writes a profile."
)


class AwsFailed(WorkbenchError):
    """AWS refused or failed a call, after all retries."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NoCredentials(BadInput):
    """AWS cannot be asked at all: no credentials, or no region."""


class Aws:
    """The clients of one session, and the number of calls made through each."""

    def __init__(self, region: str | None = None) -> None:
        # boto3 itself reads AWS_DEFAULT_REGION only; the CDK and all other SDKs read this one.
        region = region or os.environ.get("AWS_REGION")
        try:
            self._session = boto3.Session(region_name=region)
        except botocore.BotoCoreError as error:
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


@contextmanager
def plainly() -> Iterator[None]:
    """Turn AWS's errors into ours, scrubbed, with what to do."""
    try:
        yield
    except (botocore.BotoCoreError, botocore.ClientError) as error:
        raise explained(error) from None


def explained(error: Exception) -> WorkbenchError:
    """What an error of botocore's means for the user."""
    if isinstance(error, botocore.ClientError):
        return _of_client(error)
    text = scrub(str(error))
    if isinstance(error, botocore.PartialCredentialsError | botocore.NoCredentialsError):
        return NoCredentials(f"AWS credentials: {text}. {SETUP}")
    if isinstance(error, botocore.ProfileNotFound | botocore.NoRegionError):
        return NoCredentials(f"AWS: {text}. {SETUP}")
    logins = (
        botocore.SSOError,
        botocore.LoginError,
        botocore.TokenRetrievalError,
        botocore.CredentialRetrievalError,
    )
    if isinstance(error, logins):
        return NoCredentials(f"AWS credentials: {text}. {LOGIN}")
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        return AwsFailed(f"AWS cannot be reached: {text}. See the network and AWS_ENDPOINT_URL.")
    return AwsFailed(f"AWS: {text}")


def scrub(text: str) -> str:
    """A text without account ids and key ids."""
    return KEY_ID.sub("<key>", ACCOUNT.sub("<account>", text))


def code_of(error: Exception) -> str:
    """AWS's code of an error, if it is one."""
    if isinstance(error, botocore.ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return ""


def _of_client(error: botocore.ClientError) -> WorkbenchError:
    """An answer of AWS's that is an error."""
    code, call = code_of(error), error.operation_name
    text = scrub(error.response.get("Error", {}).get("Message") or "no message")
    if code in EXPIRED:
        return AwsFailed(f"AWS {call}: the credentials have expired. {LOGIN}", code)
    if code in REFUSED:
        return NoCredentials(f"AWS {call}: the credentials are not valid ({code}). {SETUP}")
    if code in DENIED:
        advice = "Give this user or role the right to make the call (docs/aws.md lists all)."
        return AwsFailed(f"AWS {call} is not allowed: {text}. {advice}", code)
    if code in THROTTLED:
        tries = CONFIG.retries["total_max_attempts"]
        advice = "Something else uses up the account's limits: wait, or raise the quota."
        return AwsFailed(f"AWS {call} was throttled {tries} times ({code}). {advice}", code)
    return AwsFailed(f"AWS {call}: {code}: {text}", code)
