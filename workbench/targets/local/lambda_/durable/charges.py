"""What durable executions are billed for, and the limits of what one may use.

What counts as an operation: Lambda developer guide, "Durable execution SDK", checkpoint
consumption. A chained invoke is not in its table: the profile says what it is billed as. What is
written is taken to be the whole update, and what a chained invoke answers.
"""

from collections.abc import Sequence
from decimal import Decimal
from json import dumps

from workbench.designs.parts import DISPATCH
from workbench.platform.services import (
    DURABLE_KEPT,
    DURABLE_OPERATIONS,
    DURABLE_WRITTEN,
    LAMBDA,
)
from workbench.platform.units import GB
from workbench.targets.local.lambda_.durable.execution import Execution
from workbench.targets.local.lambda_.durable.operations import Update
from workbench.targets.local.lambda_.functions import FunctionSpec
from workbench.targets.local.metering import Meter, gb_months, text_bytes

DAY_S = 86_400


class Charges:
    """Counts and bills what executions use."""

    def __init__(self, meter: Meter, operations_per_invoke: float) -> None:
        self._meter = meter
        self._operations = {"CHAINED_INVOKE": Decimal(str(operations_per_invoke))}

    def start(self, execution: Execution, spec: FunctionSpec) -> None:
        """An execution is an operation, and its input is written."""
        self._operation(spec, "EXECUTION")
        self._written(spec, "EXECUTION", text_bytes(execution.started.input))

    def updates(self, execution: Execution, spec: FunctionSpec, updates: Sequence[Update]) -> None:
        """Each new operation and each retry is one; `Refused` if the execution has no room."""
        counted, known = [], set(execution.operations)
        for update in updates:
            new = update["Id"] not in known
            if update["Type"] != "EXECUTION" and (new or update["Action"] == "RETRY"):
                counted.append(update["Type"])
            known.add(update["Id"])
        sizes = [(update["Type"], text_bytes(dumps(update))) for update in updates]
        execution.count(len(counted), sum(size for _, size in sizes))
        for kind in counted:
            self._operation(spec, kind)
        for kind, size_bytes in sizes:
            self._written(spec, kind, size_bytes)

    def answer(self, execution: Execution, spec: FunctionSpec, payload: str) -> None:
        """What a chained invoke answers; `Refused` if the execution has no room."""
        execution.count(0, text_bytes(payload))
        self._written(spec, "CHAINED_INVOKE", text_bytes(payload))

    def retry(self, execution: Execution, spec: FunctionSpec) -> None:
        """An invocation that is tried again is an operation; `Refused` if there is no room."""
        execution.count(1, 0)
        self._operation(spec, "EXECUTION")

    def end(self, execution: Execution, spec: FunctionSpec) -> None:
        """What an execution ends with is written, past any limit, and kept for its retention."""
        last = execution.result or (dumps(execution.error) if execution.error else "")
        execution.written_bytes += text_bytes(last)
        self._written(spec, "EXECUTION", text_bytes(last))
        lived_s = execution.ended_s - execution.started.at_s
        self.kept(execution, spec, lived_s + execution.started.retention_days * DAY_S)

    def kept(self, execution: Execution, spec: FunctionSpec, kept_s: float) -> None:
        """What was written is kept for so long."""
        quantity = gb_months(execution.written_bytes * kept_s)
        self._meter.add(LAMBDA, DURABLE_KEPT, "GB-Mo", spec.label, quantity, spec.role)

    def _operation(self, spec: FunctionSpec, kind: str) -> None:
        label, number = _label(spec, kind), self._operations.get(kind, 1)
        self._meter.add(LAMBDA, DURABLE_OPERATIONS, "Operations", label, number, spec.role)

    def _written(self, spec: FunctionSpec, kind: str, size_bytes: int) -> None:
        gb, label = Decimal(size_bytes) / GB, _label(spec, kind)
        self._meter.add(LAMBDA, DURABLE_WRITTEN, "GB", label, gb, spec.role)


def _label(spec: FunctionSpec, kind: str) -> str:
    """To invoke others is dispatch, all else what the function is for."""
    return DISPATCH if kind == "CHAINED_INVOKE" else spec.label
