"""The protocols of AWS's clients: which call a request is, and how it is refused or changed.

botocore's own models, serializers and parsers know them; see `botocore/data/*/service-2.json`.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from hashlib import blake2b
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import get_session

CBOR = "smithy-rpc-v2-cbor"
MACHINE = "AWS::StepFunctions::StateMachine"
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
CHECKSUM = re.compile("x-amz-(sdk-)?checksum|content-md5|x-amz-trailer")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Call:
    """A request over HTTP."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header, whatever its spelling; nothing if it is not there."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")

    @cached_property
    def service(self) -> str:
        """The service as signatures name it."""
        found = SIGNED_FOR.search(self.header("Authorization"))
        return found[1] if found else ""

    @cached_property
    def name(self) -> str:
        """`service.Operation`."""
        path = urlsplit(self.path).path
        if target := self.header("X-Amz-Target"):
            operation = target.rpartition(".")[2]
        elif self.header("smithy-protocol"):
            operation = path.rpartition("/")[2]
        elif self.service == "lambda":
            operation = next(
                (name for method, pattern, name in _lambda_paths()
                 if method == self.method and pattern.fullmatch(path)),
                self.method,
            )  # fmt: skip
        else:
            operation = parse_qs(self.body.decode("utf-8", "replace")).get("Action", [""])[0]
        return f"{self.service}.{operation or self.method}"


@cache
def _lambda_paths() -> list[tuple[str, re.Pattern[str], str]]:
    """Lambda's operations by method and path."""
    model, found = get_session().get_service_model("lambda"), []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = urlsplit(http["requestUri"]).path
        found.append((http["method"], re.compile(re.sub(r"\{\w+\+?\}", "[^/]+", path)), name))
    return found


def refusal(call: Call, code: str, status: int, message: str) -> Answer:
    """An error as the caller's protocol has it."""
    if call.header("smithy-protocol"):
        text = _cbor_text
        body = b"\xa2" + text("__type") + text(code) + text("message") + text(message)
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Answer(status, headers, body)
    if call.header("X-Amz-Target"):
        body = json.dumps({"__type": code, "message": message}).encode()
        return Answer(status, {"Content-Type": "application/x-amz-json-1.0"}, body)
    if call.service == "lambda":
        body = json.dumps({"Type": "User", "Message": message}).encode()
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return Answer(status, headers, body)
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if call.service == "s3":
        text = f"<Error>{error}<RequestId>1</RequestId></Error>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return Answer(status, {"Content-Type": "text/xml"}, text.encode())


def late(call: Call, until: float) -> Call:
    """A question for metrics or log lines that ends at a time, in seconds since 1970."""
    if call.name == "monitoring.GetMetricData":
        return _late_metrics(call, datetime.fromtimestamp(until, UTC))
    factor = {"logs.FilterLogEvents": 1000, "logs.StartQuery": 1}.get(call.name)
    if factor is None:
        return call
    asked = json.loads(call.body)
    asked["endTime"] = min(asked["endTime"], int(until * factor))
    asked["startTime"] = min(asked["startTime"], asked["endTime"] - 1)
    return replace(call, body=json.dumps(asked).encode())


def _late_metrics(call: Call, until: datetime) -> Call:
    """The same for metrics, whose clients speak JSON or CBOR."""
    if call.header("X-Amz-Target"):
        asked = json.loads(call.body)
        asked["EndTime"] = min(asked["EndTime"], until.timestamp())
        asked["StartTime"] = min(asked["StartTime"], asked["EndTime"] - 60)
        return replace(call, body=json.dumps(asked).encode())
    operation = get_session().get_service_model("cloudwatch").operation_model("GetMetricData")
    answered = {"body": call.body, "headers": dict(call.headers), "status_code": 200}
    asked = create_parser(CBOR).parse(answered, operation.input_shape)
    del asked["ResponseMetadata"]
    asked["EndTime"] = min(asked["EndTime"], until)
    asked["StartTime"] = min(asked["StartTime"], asked["EndTime"] - MINUTE)
    made = create_serializer(CBOR, include_validation=False).serialize_to_request(asked, operation)
    return replace(call, body=made["body"])


def named_by_cloudformation(call: Call) -> Call:
    """An uploaded template whose state machines have names as CloudFormation gives them.

    It leaves the stack's name out of them, which servers put there.
    """
    if MACHINE.encode() not in call.body:
        return call
    template = json.loads(call.body)
    for logical, resource in template.get("Resources", {}).items():
        if resource["Type"] == MACHINE:
            drawn = blake2b(logical.encode(), digest_size=6).hexdigest()
            resource["Properties"]["StateMachineName"] = f"{logical}-{drawn}"
    kept = {k: v for k, v in call.headers.items() if not CHECKSUM.match(k.lower())}
    return replace(call, body=json.dumps(template).encode(), headers=kept)


def _cbor_text(text: str) -> bytes:
    """A text as CBOR writes it (RFC 8949, major type 3)."""
    data = text.encode()
    head = bytes([0x60 + len(data)]) if len(data) < 24 else b"\x79" + len(data).to_bytes(2, "big")
    return head + data
