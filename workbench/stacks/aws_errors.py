"""AWS's errors in plain words, with what to do.

Account ids and keys must not reach a run folder, a notebook or a log. So AWS's own errors never
leave `plainly`: they become one of ours, without the original behind it, and scrubbed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as botocore

from workbench.errors import BadInput, WorkbenchError

TRIES_MAX = 6  # of a call, the first one in it
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
KEY_ID = re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b")
# Who asks, in an ARN; a role's session, often a mail address, stands behind another slash.
PRINCIPAL = re.compile(r"(:(?:user|role|assumed-role|federated-user|group)/)[^\s\"'`,;()\[\]]+")
SKEWED = re.compile(
    "signature (expired|not yet current)|time ?too ?skewed|difference between the request time",
    re.IGNORECASE,
)
CLOCK = "This machine's clock is minutes off AWS's: set it (NTP), then do the same once more."
LOGIN = "Log in again (`aws sso login`, or renew AWS_SESSION_TOKEN), then do the same once more."
SETUP = (
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws configure` or "
    "`aws configure sso` writes a profile."
)
COST_EXPLORER_OFF = (
    "Cost Explorer is not switched on. Open it once in the Billing console (in an organization, "
    "the management account does, and gives member accounts access); data come within 24 hours."
)
EXPIRED = "ExpiredToken ExpiredTokenException RequestExpired".split()
REFUSED = (
    "InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch "
    "InvalidSignatureException AuthFailure InvalidAccessKeyId"
).split()
DENIED = "AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError".split()
THROTTLED = (
    "Throttling ThrottlingException ThrottledException TooManyRequestsException "
    "RequestLimitExceeded RequestThrottled ProvisionedThroughputExceededException SlowDown "
    "LimitExceededException"
).split()
ADVICE = {
    "DataUnavailableException": "Cost Explorer has no data for this time yet: they come about "
    "24 hours later, and are settled after 48. Collect again then.",
    "BillExpirationException": "Cost Explorer keeps 13 months, and hours for 14 days.",
    "ResourceNotFoundException": "What was asked about is not there: was the stack destroyed?",
}


class AwsFailed(WorkbenchError):
    """AWS refused or failed a call, after all retries; `said` are its own words, scrubbed."""

    def __init__(self, message: str, code: str = "", said: str = "") -> None:
        super().__init__(message)
        self.code, self.said = code, said


class NoCredentials(BadInput):
    """AWS cannot be asked at all: no credentials, or no region."""


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
    """A text of AWS's without account ids, key ids, users and roles: the one place for it."""
    return KEY_ID.sub("<key>", ACCOUNT.sub("<account>", PRINCIPAL.sub(r"\1<name>", text)))


def code_of(error: Exception) -> str:
    """AWS's code of an error, if it is one."""
    if isinstance(error, botocore.ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return ""


def _of_client(error: botocore.ClientError) -> WorkbenchError:
    """An answer of AWS's that is an error."""
    code, call = code_of(error), f"AWS {error.operation_name}"
    said = scrub(error.response.get("Error", {}).get("Message") or "no message")
    if SKEWED.search(f"{code} {said}"):
        return AwsFailed(f"{call}: the request's time is refused ({code}). {CLOCK}", code, said)
    if code in REFUSED:
        return NoCredentials(f"{call}: the credentials are not valid ({code}). {SETUP}")
    if code in EXPIRED:
        text = f"{call}: the credentials have expired. {LOGIN}"
    elif "not enabled for cost explorer" in said.lower():
        text = f"{call}: {said.rstrip('. ')}. {COST_EXPLORER_OFF}"
    elif code in DENIED:
        advice = "Give this user or role the right to make the call (docs/aws.md lists all)."
        text = f"{call} is not allowed: {said}. {advice}"
    elif code in THROTTLED:
        advice = "Something else uses up the account's limits: wait, or raise the quota."
        text = f"{call} was throttled {TRIES_MAX} times ({code}). {advice}"
    else:
        advice = ADVICE.get(code)
        text = f"{call}: {code}: {said}" + (f". {advice}" if advice else "")
    return AwsFailed(text, code, said)
