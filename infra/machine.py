"""The state machine of the `sfn` design, its role and its log."""

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from infra.constructs import accept, add_logs, allow, wildcard
from infra.states import BATCHES, RESULTS, Parts, definition
from workbench.designs import Sfn
from workbench.designs.sfn import MACHINE_TIMEOUT_S

LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


def add_machine(stack: Stack, design: Sfn, parts: Parts) -> sfn.StateMachine:
    """The state machine, in a role that may do what its definition does and no more."""
    role = _role(stack, parts)
    machine = sfn.StateMachine(
        stack,
        "Machine",
        definition_body=sfn.DefinitionBody.from_chainable(definition(stack, design, parts)),
        role=role.without_policy_updates(),
        timeout=Duration.seconds(MACHINE_TIMEOUT_S),
        logs=sfn.LogOptions(
            destination=add_logs(stack, "MachineLogs"),
            level=sfn.LogLevel.ERROR,
            include_execution_data=False,
        ),
        removal_policy=RemovalPolicy.DESTROY,
    )
    accept(machine, "SF1", "A log line for each child would cost more than its work.")
    accept(machine, "SF2", "Traces are paid for by the child and answer no question here.")
    _allow_map_runs(stack, machine, role)
    return machine


def _role(stack: Stack, parts: Parts) -> iam.Role:
    """What the machine's states call."""
    bucket, functions = parts.bucket, (parts.batcher, parts.processor, parts.summary)
    writing = ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
    statements = [
        allow([function.function_arn for function in functions], "lambda:InvokeFunction"),
        allow([parts.topic.topic_arn], "sns:Publish"),
        allow([bucket.bucket_arn], "s3:ListBucket"),
        allow([bucket.arn_for_objects(BATCHES)], "s3:GetObject"),
        allow([bucket.arn_for_objects(RESULTS)], *(f"s3:{name}" for name in writing)),
        allow(["*"], *LOG_DELIVERY),
    ]
    role = iam.Role(
        stack,
        "MachineRole",
        assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
        inline_policies={"Calls": iam.PolicyDocument(statements=statements)},
    )
    reads = wildcard(bucket, "Arn", f"/{BATCHES}")
    accept(role, reads, "The map reads every batch's items, and only below this prefix.")
    writes = wildcard(bucket, "Arn", f"/{RESULTS}")
    accept(role, writes, "The result writer names its objects itself below this prefix.")
    accept(role, "IAM5[Resource::*]", "Log delivery's actions know no resources.")
    return role


def _allow_map_runs(stack: Stack, machine: sfn.StateMachine, role: iam.Role) -> None:
    """What a map run does with its children (Step Functions guide, Distributed Map policies).

    A policy apart from the role, because it names the machine, which needs the role first. CDK's
    own policy for it is attached to nothing and taken away. A stopped batch goes on by a redrive of
    its execution, which redrives the children of its map run (the same guide, Redriving Map Runs).
    """
    machine.node.try_remove_child("DistributedMapPolicy")
    account = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    children = f"{account}:execution:{machine.state_machine_name}:*"
    redriven = f"{account}:execution:{machine.state_machine_name}/*:*"
    map_runs = iam.Policy(
        stack,
        "MapRuns",
        statements=[
            allow([machine.state_machine_arn], "states:StartExecution"),
            allow([children], "states:DescribeExecution", "states:StopExecution"),
            allow([redriven], "states:RedriveExecution"),
        ],
    )
    map_runs.attach_to_role(role)
    before = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
    for names in (":*", "/*:*"):
        finding = wildcard(machine, "Name", names, before)
        accept(map_runs, finding, "Children get their names when they start.")
