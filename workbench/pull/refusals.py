"""What AWS says when it does not answer, and what to do then."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import PullFailed

NOT_ENABLED = (
    "Cost Explorer is not switched on. Open it once in the Billing console (in an organization, "
    "the management account does, and gives member accounts access); data come within 24 hours."
)
ADVICE = {
    "AccessDeniedException": "Allow {call} in the IAM policy of the credentials in use.",
    "AccessDenied": "Allow {call} in the IAM policy of the credentials in use.",
    "UnrecognizedClientException": "The credentials are not valid: sign in again.",
    "ExpiredTokenException": "The credentials have expired: sign in again.",
    "DataUnavailableException": "Cost Explorer has no data for this time yet: they come about "
    "24 hours later, and are settled after 48. Collect again then.",
    "BillExpirationException": "Cost Explorer keeps 13 months, and hours for 14 days.",
    "LimitExceededException": "Too many requests at once: wait a minute and collect again.",
    "ThrottlingException": "Too many requests at once: wait a minute and collect again.",
    "Throttling": "Too many requests at once: wait a minute and collect again.",
    "ResourceNotFoundException": "What was asked about is gone: was the stack destroyed?",
}


@contextmanager
def explained(call: str) -> Iterator[None]:
    """Turn a refusal of `call`, such as `ce:GetCostAndUsage`, into a PullFailed with advice."""
    try:
        yield
    except ClientError as error:
        raise PullFailed(f"{call}: {_said(error)}. {_advice(call, error)}".rstrip()) from error
    except BotoCoreError as error:
        raise PullFailed(f"{call}: {error}") from error


def code_of(error: ClientError) -> str:
    """AWS's name of an error."""
    return error.response["Error"].get("Code", "")


def message_of(error: ClientError) -> str:
    """AWS's own words."""
    return error.response["Error"].get("Message", "")


def _said(error: ClientError) -> str:
    """The error in AWS's words, without a full stop."""
    return f"{code_of(error)}: {message_of(error)}".rstrip(". ")


def _advice(call: str, error: ClientError) -> str:
    """What to do about it."""
    if "not enabled for cost explorer" in message_of(error).lower():
        return NOT_ENABLED
    return ADVICE.get(code_of(error), "").format(call=call)
