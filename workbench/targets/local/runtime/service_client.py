"""Clients of the services that the local target has itself, with boto3's names and exceptions.

boto3 and an emulator spend milliseconds on a call: they check it, write it as HTTP, read it, parse
its expressions anew. Here a call goes straight to the service. What botocore checks on the way is
checked by tests, on every call of whole runs.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from botocore.paginate import Paginator

Request = dict[str, Any]
Way = Callable[[str, Request], dict[str, Any]]  # operation, request: the response
# Told of each call that was made: service, operation, request, response, error code.
Noted = Callable[[str, str, Request, dict[str, Any], str], None]


class NotKnown(Exception):
    """A call, or a part of one, that the local service does not know."""


class Refused(Exception):
    """The service refuses a call: the error's code, and what the answer carries besides."""

    def __init__(self, code: str, message: str = "", **rest: Any) -> None:
        super().__init__(message or code)
        self.code = code
        self.rest = rest


class ServiceClient:
    """Stands in for a boto3 client; `boto` gives the names and exceptions, and is never called."""

    def __init__(self, boto: Any, service: str, way: Way, noted: Noted) -> None:
        self._boto = boto
        self._service = service
        self._way = way
        self._noted = noted
        self.exceptions = boto.exceptions
        self.meta = boto.meta

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = self.meta.method_to_api_mapping.get(name)
        if operation is None:
            raise AttributeError(f"{name} is no call of {self._service}")

        def call(**request: Any) -> Any:
            try:
                response = self._way(operation, request)
            except Refused as refused:
                self._noted(self._service, operation, request, {}, refused.code)
                raise self._error(refused, operation) from None
            self._noted(self._service, operation, request, response, "")
            return response

        setattr(self, name, call)
        return call

    def get_paginator(self, name: str) -> Paginator:
        """boto3's own paginator over this client's calls."""
        paginator = self._boto.get_paginator(name)
        return Paginator(getattr(self, name), paginator._pagination_cfg, paginator._model)

    def _error(self, refused: Refused, operation: str) -> ClientError:
        response = {
            "Error": {"Code": refused.code, "Message": str(refused)},
            "ResponseMetadata": {"HTTPStatusCode": 400},
            **refused.rest,
        }
        return self.exceptions.from_code(refused.code)(response, operation)
