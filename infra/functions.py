"""A Lambda function of a design: its log group, its own role, its settings, its event source.

Every function runs the same zip, which holds the `lambdas` package and nothing else. A role says
its statements inline and CDK may not add to it: what a function may do stands in one list, beside
the function, and a test holds that list against the calls that the handler makes.
"""

from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Duration, IgnoreMode, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from infra.constructs import accept, add_logs, allow
from workbench.designs import Design

ROOT = Path(__file__).parents[1]
RUNTIME = lambda_.Runtime.PYTHON_3_14  # the newest that Lambda and cdk-nag know
FUNCTION_TIMEOUT_MAX_S = 900  # Lambda quotas
ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
SMALL_MEMORY_MB = 256  # of the functions that work few items, so that no knob shapes them


@dataclass(frozen=True)
class FunctionSpec:
    """What one function of a design needs."""

    name: str  # of the handler's module; the constructs carry it in capitals
    environment: dict[str, str]
    calls: list[iam.PolicyStatement]  # exactly what the handler calls
    timeout_s: int = FUNCTION_TIMEOUT_MAX_S  # unless it follows from knobs
    source: sqs.Queue | None = None
    on_failure: sqs.IQueue | None = None  # of an asynchronous invocation
    dead_letters: sns.ITopic | None = None  # get the events that failed, as they came
    durable: bool = False
    recursive: bool = False  # its messages come back to it, which Lambda would stop as a loop
    accepted: dict[str, str] = field(default_factory=dict)  # cdk-nag's finding: our reason


def handlers_code() -> lambda_.Code:
    """The zip of the `lambdas` package, for one stack."""
    return lambda_.Code.from_asset(
        str(ROOT),
        exclude=["**", "!lambdas", "!lambdas/**", "**/__pycache__"],
        ignore_mode=IgnoreMode.GIT,
    )


def add_function(
    stack: Stack, design: Design, code: lambda_.Code, spec: FunctionSpec
) -> lambda_.Function:
    """The function called `spec.name`, in a role of its own, with logs that expire."""
    title = spec.name.capitalize()
    group = add_logs(stack, f"{title}Logs")
    metrics = spec.name == "processor" and design.telemetry == "put_metric_data"
    role = _role(stack, spec, group, metrics)
    own = design.settings()[title]
    (cpu,) = own["Architectures"]
    return lambda_.Function(
        stack,
        title,
        code=code,
        handler=f"lambdas.{design.name}.{spec.name}.handler",
        runtime=RUNTIME,
        architecture=ARCHITECTURES[cpu],
        memory_size=own.get("MemorySize", SMALL_MEMORY_MB),
        timeout=Duration.seconds(own.get("Timeout", spec.timeout_s)),
        environment=spec.environment,
        role=role.without_policy_updates(),
        log_group=group,
        recursive_loop=lambda_.RecursiveLoop.ALLOW if spec.recursive else None,
        on_failure=spec.on_failure and destinations.SqsDestination(spec.on_failure),
        dead_letter_topic=spec.dead_letters,
        durable_config=_durable_config(own["DurableConfig"]) if spec.durable else None,
    )


def _durable_config(limits: dict[str, int]) -> lambda_.DurableConfig:
    return lambda_.DurableConfig(
        execution_timeout=Duration.seconds(limits["ExecutionTimeout"]),
        retention_period=Duration.days(limits["RetentionPeriodInDays"]),
    )


def add_source(
    function: lambda_.Function, queue: sqs.Queue, design: Design, batch_size: int
) -> lambda_.EventSourceMapping:
    """Poll the queue for the function, which answers with the messages that failed.

    `batch_size` is taken where no knob says it. The bare mapping, because CDK's event source class
    would add actions to the function's role.
    """
    own = design.settings().get(f"{function.node.id}Source", {})
    window_s = own.get("MaximumBatchingWindowInSeconds")
    source = lambda_.EventSourceMapping(
        function,
        "Source",
        target=function,
        event_source_arn=queue.queue_arn,
        batch_size=own.get("BatchSize", batch_size),
        max_batching_window=window_s and Duration.seconds(window_s),
        max_concurrency=(own.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        report_batch_item_failures=True,
    )
    if pollers := own.get("ProvisionedPollerConfig"):
        # Past the construct, which still refuses more than 2,000 pollers (Lambda: 10,000 of SQS).
        source.node.default_child.add_property_override("ProvisionedPollerConfig", pollers)
    return source


def _role(stack: Stack, spec: FunctionSpec, group: logs.ILogGroup, metrics: bool) -> iam.Role:
    """A role with the handler's calls and, apart from them, what Lambda itself does with it."""
    calls, accepted = list(spec.calls), dict(spec.accepted)
    if metrics:
        put = allow(["*"], "cloudwatch:PutMetricData")
        put.add_condition("StringEquals", {"cloudwatch:namespace": "BatchWorkbench"})
        calls.append(put)
        reason = "PutMetricData knows no resources; the condition holds it to one namespace."
        accepted["IAM5[Resource::*]"] = reason
    service = [allow([group.log_group_arn], "logs:CreateLogStream", "logs:PutLogEvents")]
    if spec.source:
        polling = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        service.append(allow([spec.source.queue_arn], *polling))
    if spec.on_failure:
        service.append(allow([spec.on_failure.queue_arn], "sqs:SendMessage"))
    role = iam.Role(
        stack,
        f"{spec.name.capitalize()}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={
            "Calls": iam.PolicyDocument(statements=calls),
            "Service": iam.PolicyDocument(statements=service),
        },
    )
    for finding, reason in accepted.items():
        accept(role, finding, reason)
    return role
