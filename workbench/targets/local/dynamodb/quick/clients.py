"""Clients that take the short way where they know it, and boto3's through moto elsewhere."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.sqs.exceptions import ReceiptHandleIsInvalid, SQSException
from moto.sqs.models import sqs_backends

from workbench.targets.local.dynamodb.quick import tables
from workbench.targets.local.dynamodb.quick.expressions import NotKnown
from workbench.targets.local.dynamodb.quick.tables import Refused, Request
from workbench.targets.local.world.stack import ACCOUNT, REGION

# Told of each call that was made: service, operation, request, response, error code.
Noted = Callable[[str, str, Request, dict[str, Any], str], None]

BATCH_MAX = 10


class QuickClients:
    """Gives a client for each service; `noted` is told of the calls that took the short way."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self.noted: Noted | None = None

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        ways = {"dynamodb": tables.call, "sqs": _send}
        if service not in ways:
            return self._client(service)
        return QuickClient(self._client(service), service, ways[service], self)


class QuickClient:
    """Stands in for a boto3 client whose calls are known here."""

    def __init__(
        self,
        client: Any,
        service: str,
        way: Callable[[str, Request], dict[str, Any]],
        owner: QuickClients,
    ) -> None:
        self._long = client
        self._service = service
        self._way = way
        self._owner = owner
        self.exceptions = client.exceptions
        self.meta = client.meta

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = self.meta.method_to_api_mapping.get(name)
        long = getattr(self._long, name)
        if operation is None:
            return long

        def call(**request: Any) -> Any:
            try:
                response = self._way(operation, request)
            except NotKnown:
                return long(**request)
            except Refused as refused:
                self._note(operation, request, {}, refused.code)
                raise self._error(refused, operation) from None
            self._note(operation, request, response, "")
            return response

        setattr(self, name, call)
        return call

    def _note(self, operation: str, request: Request, response: Any, code: str) -> None:
        if self._owner.noted is not None:
            self._owner.noted(self._service, operation, request, response, code)

    def _error(self, refused: Refused, operation: str) -> ClientError:
        response = {
            "Error": {"Code": refused.code, "Message": str(refused)},
            "ResponseMetadata": {"HTTPStatusCode": 400},
            **refused.rest,
        }
        return self.exceptions.from_code(refused.code)(response, operation)


def _send(operation: str, request: Request) -> dict[str, Any]:
    """SQS's calls on moto's own queues."""
    backend = sqs_backends[ACCOUNT][REGION]
    queue = request["QueueUrl"].rsplit("/", 1)[-1]
    if operation == "SendMessage" and "MessageAttributes" not in request:
        body, delay_s = request["MessageBody"], request.get("DelaySeconds")
        sent = backend.send_message(queue, body, delay_seconds=delay_s)
        return {"MessageId": sent.id}
    if operation == "SendMessageBatch" and len(request["Entries"]) <= BATCH_MAX:
        done = []
        for entry in request["Entries"]:
            body, delay_s = entry["MessageBody"], entry.get("DelaySeconds")
            sent = backend.send_message(queue, body, delay_seconds=delay_s)
            done.append({"Id": entry["Id"], "MessageId": sent.id})
        return {"Successful": done}
    if operation == "ChangeMessageVisibility":
        seconds = request["VisibilityTimeout"]
        try:
            backend.get_queue(queue).change_visibility(request["ReceiptHandle"], seconds)
        except ReceiptHandleIsInvalid:
            raise Refused("ReceiptHandleIsInvalid") from None
        except SQSException as error:
            raise Refused(error.code) from None
        return {}
    raise NotKnown(operation)
