"""A proxy on loopback before an AWS-compatible server: what AWS does where servers are kinder.

    with Proxy(to_server(url), [Rule("lambda.Update*", THROTTLED, times=2)]) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)

A call goes by the service that its signature names and its operation (`states.StartExecution`,
`monitoring.GetMetricData`; of S3 by its method, `s3.PUT`), whatever protocol it is made in. The
first rule that fits it counts. What is refused is refused in the caller's own protocol.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from tests.e2e.aws_protocols import Answer, Call, late, named_by_cloudformation, refusal


@dataclass(frozen=True)
class Refuse:
    """The call is refused, and not made."""

    code: str
    status: int = 400
    message: str = "arn:aws:iam::123456789012:user/somebody is refused"


@dataclass(frozen=True)
class Answered:
    """The call is answered so, in JSON, and not made: what a server lacks, or an account has."""

    content: dict[str, Any]

    __hash__ = object.__hash__


@dataclass(frozen=True)
class Lose:
    """The call is made, and its answer lost."""


@dataclass(frozen=True)
class Delay:
    """The answer takes so long."""

    seconds: float


@dataclass(frozen=True)
class Late:
    """Metrics and log lines that are younger than this are not there yet."""

    seconds: float


@dataclass(frozen=True)
class Updating:
    """An event source takes a change in so long, and refuses another one until then."""

    seconds: float


@dataclass(frozen=True)
class PhysicalNames:
    """State machines in uploaded templates are named as CloudFormation names them."""


HOPS = ("connection", "host", "content-length", "expect")  # of one connection only
Fault = Refuse | Answered | Lose | Delay | Late | Updating | PhysicalNames
EXPIRED = Refuse("ExpiredTokenException", message="The security token included is expired")
THROTTLED = Refuse("ThrottlingException", message="Rate exceeded")
FAILED = Refuse("InternalFailure", 500, "an internal error")


@dataclass(frozen=True)
class Rule:
    """What happens to which calls: to `times` of them after the first `after`, or to a share."""

    calls: str  # a pattern of `service.Operation`
    does: Fault
    after: int = 0
    times: int | None = None
    share: float = 1.0
    of: str = ""  # text that must stand in the path or the body


@dataclass
class Proxy:
    """The proxy; `made` are the calls that came, in order."""

    forward: Callable[[Call], Answer]  # to the server: what it answers
    rules: list[Rule] = field(default_factory=list)
    now: Callable[[], float] = time.time
    made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._fits: dict[Rule, int] = {}
        self._changed: dict[str, float] = {}  # when each event source was, by its path
        self._random, self._lock = random.Random(7), threading.Lock()

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, call: Call) -> Answer | None:
        """The answer to a call; None: it is lost."""
        with self._lock:
            self.made.append(call.name)
            fault = self._fault(call)
        match fault:
            case Refuse(code, status, message):
                return refusal(call, code, status, message)
            case Answered(content):
                return Answer(200, {}, json.dumps(content).encode())
            case Lose():
                self.forward(call)
                return None
            case Delay(seconds):
                time.sleep(seconds)
            case Late(seconds):
                call = late(call, self.now() - seconds)
            case PhysicalNames():
                call = named_by_cloudformation(call)
            case Updating(seconds):
                return self._event_source(call, seconds)
        return self.forward(call)

    def _fault(self, call: Call) -> Fault | None:
        """What the first rule that fits this call does."""
        text = call.path.encode() + call.body
        for rule in self.rules:
            if fnmatchcase(call.name, rule.calls) and rule.of.encode() in text:
                number = self._fits[rule] = self._fits.get(rule, 0) + 1
                past = rule.times is not None and number > rule.after + rule.times
                if number > rule.after and not past and self._random.random() < rule.share:
                    return rule.does
        return None

    def _event_source(self, call: Call, seconds: float) -> Answer:
        """An event source is `Updating` for a while after a change (Lambda API, State)."""
        place = urlsplit(call.path).path
        left_s = self._changed.get(place, float("-inf")) + seconds - self.now()
        if left_s > 0 and call.method == "PUT":
            text = "Cannot update the event source mapping because it is in use."
            return refusal(call, "ResourceInUseException", 400, text)
        answer = self.forward(call)
        if call.method == "PUT" and answer.status < 300:
            self._changed[place] = self.now()
        if call.method == "PUT" or left_s > 0:
            content = json.loads(answer.body) | {"State": "Updating"}
            answer = Answer(answer.status, answer.headers, json.dumps(content).encode())
        return answer


def to_server(url: str) -> Callable[[Call], Answer]:
    """The way to a server on loopback."""
    parts = urlsplit(url)

    def forward(call: Call) -> Answer:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=300)
        connection.request(call.method, call.path, call.body, _passed_on(call))
        found = connection.getresponse()
        answer = Answer(found.status, dict(found.getheaders()), found.read())
        connection.close()
        return answer

    return forward


def to_moto(call: Call) -> Answer:
    """The way to moto in this process, inside `mock_aws`: hosts are named as signatures are."""
    url = f"https://{call.service}.us-east-1.amazonaws.com{call.path}"
    found = requests.request(call.method, url, headers=_passed_on(call), data=call.body)
    return Answer(found.status_code, dict(found.headers), found.content)


def _passed_on(call: Call) -> dict[str, str]:
    """The headers that go on, with the length of the body as it is now."""
    headers = {k: v for k, v in call.headers.items() if k.lower() not in HOPS}
    return headers | {"Content-Length": str(len(call.body))}


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _do(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        call = Call(self.command, self.path, dict(self.headers.items()), self.rfile.read(size))
        answer = self.proxy.answer(call)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        skipped = ("content-length", "transfer-encoding", "connection", "date", "server")
        for name, value in answer.headers.items():
            if name.lower() not in skipped:
                self.send_header(name, value)
        known = answer.headers.get("Content-Length") or answer.headers.get("content-length")
        size_out = known if self.command == "HEAD" and known else str(len(answer.body))
        self.send_header("Content-Length", size_out)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _do  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
