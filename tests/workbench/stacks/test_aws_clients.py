"""AWS's errors in plain words, without accounts or keys; limits from one place."""

import traceback

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from workbench.errors import BadInput
from workbench.stacks.aws_clients import CONFIG, Aws, supports
from workbench.stacks.aws_errors import AwsFailed, NoCredentials, explained, plainly, scrub


def refusal(code, message="User: arn:aws:iam::123456789012:user/me is not allowed"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Invoke")


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ExpiredTokenException", AwsFailed, "AWS Invoke: the credentials have expired. Log in"),
        ("InvalidClientTokenId", NoCredentials, "the credentials are not valid"),
        ("AccessDeniedException", AwsFailed, "AWS Invoke is not allowed: User: arn:aws:iam::<acc"),
        ("ThrottlingException", AwsFailed, "was throttled 6 times (ThrottlingException)"),
        ("SomethingElse", AwsFailed, "AWS Invoke: SomethingElse: User"),
    ],
)
def test_an_answer_that_is_an_error_says_what_to_do(code, kind, words):
    error = explained(refusal(code))
    assert type(error) is kind
    assert words in str(error)
    assert "123456789012" not in str(error)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (exceptions.NoCredentialsError(), NoCredentials, "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID"),
        (
            exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            NoCredentials,
            "missing: AWS_SECRET_ACCESS_KEY",
        ),
        (exceptions.ProfileNotFound(profile="work"), NoCredentials, "(work) could not be found"),
        (exceptions.NoRegionError(), NoCredentials, "region"),
        (exceptions.SSOTokenLoadError(error_msg="no token"), NoCredentials, "aws sso login"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), NoCredentials, "aws sso"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), AwsFailed, "the network"),
        (exceptions.ReadTimeoutError(endpoint_url="http://x"), AwsFailed, "the network"),
        (exceptions.ParamValidationError(report="bad"), AwsFailed, "bad"),
    ],
)
def test_an_error_before_any_answer_says_what_to_do(error, kind, words):
    found = explained(error)
    assert type(found) is kind
    assert words in str(found)


def test_the_original_error_does_not_show():
    """A notebook prints tracebacks, and AWS's own errors name the account."""
    try:
        with plainly():
            raise refusal("AccessDenied")
    except AwsFailed as error:
        text = "".join(traceback.format_exception(error))
    assert "123456789012" not in text


@given(st.from_regex(r"\d{12}", fullmatch=True), st.sampled_from(["", ":", "/", " ", "arn:"]))
def test_no_account_survives_a_scrub(account, beside):
    assert account not in scrub(f"a{beside}{account}{beside}b")


@pytest.mark.parametrize("kind", ["user", "role", "assumed-role", "federated-user", "group"])
def test_no_user_and_no_role_survives_a_scrub(kind):
    arn = f"arn:aws:sts::123456789012:{kind}/a/path/jane.doe@example.com"
    for before, after in (("", " is"), ('"', '"'), ("(", ")"), ("", ", or")):
        text = scrub(f"{before}{arn}{after}")
        assert text == f"{before}arn:aws:sts::<account>:{kind}/<name>{after}"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidSignatureException", "Signature expired: 20261123T0600 is now earlier than 0700"),
        ("SignatureDoesNotMatch", "Signature not yet current: 20261123T0800 is still later"),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time"),
    ],
)
def test_a_clock_that_is_off_is_no_fault_of_the_credentials(code, message):
    answer = {"Error": {"Code": code, "Message": message}}
    error = explained(ClientError(answer, "GetCallerIdentity"))
    assert not isinstance(error, NoCredentials)
    assert "This machine's clock is minutes off AWS's: set it" in str(error)


def test_keys_go_and_times_stay():
    assert scrub("AKIAIOSFODNN7EXAMPLE at 20261123T063859123, 1795000000") == (
        "<key> at 20261123T063859123, 1795000000"
    )


def test_retries_and_time_outs_come_from_one_place(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        aws = Aws()
        client = aws.client("sqs")
        assert client.meta.region_name == "eu-west-1"
        config = client.meta.config
        assert config.retries == {"mode": "standard", "total_max_attempts": 6}
        assert config.read_timeout == CONFIG.read_timeout
        assert aws.client("sqs") is client


def test_calls_are_counted_by_service_and_operation(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        aws = Aws("us-east-1")
        for _ in range(3):
            aws.client("sqs").list_queues()
        aws.account()
        aws.account()
    assert aws.calls == {("sqs", "ListQueues"): 3, ("sts", "GetCallerIdentity"): 1}


def test_what_the_service_lacks_is_said_in_one_place(monkeypatch):
    monkeypatch.setenv("WORKBENCH_AWS_LACKS", "insights")
    assert not supports("insights")
    monkeypatch.setenv("WORKBENCH_AWS_LACKS", "")
    assert supports("insights")
    monkeypatch.setenv("WORKBENCH_AWS_LACKS", "insight")
    with pytest.raises(BadInput, match="names insight; known is insights"):
        supports("insights")
