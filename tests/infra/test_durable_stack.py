"""The `durable` stack: a durable function with a version, and few resources beside it."""

ACTIONS = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]


def test_the_orchestrator_is_durable_and_what_it_gives_up_on_is_told(durable):
    functions = durable.of_type("AWS::Lambda::Function")
    assert set(functions) == {"Orchestrator", "Processor"}
    orchestrator = functions["Orchestrator"]
    assert orchestrator["DurableConfig"] == {
        "ExecutionTimeout": 172_800,
        "RetentionPeriodInDays": 1,
    }
    assert orchestrator["DeadLetterConfig"] == {"TargetArn": "NoticesTopic"}
    assert not {"DurableConfig", "DeadLetterConfig"} & set(functions["Processor"])


def test_the_schedule_starts_it_by_an_alias_of_its_newest_version(durable):
    alias, (version,) = durable.only("AWS::Lambda::Alias"), durable.of_type("AWS::Lambda::Version")
    assert alias == {
        "FunctionName": "Orchestrator",
        "FunctionVersion": f"{version}.Version",
        "Name": "live",
    }
    (target,) = durable.only("AWS::Events::Rule")["Targets"]
    assert target["Arn"] == "Live"
    assert durable.only("AWS::Lambda::Permission")["FunctionName"] == "Live"


def test_it_goes_on_with_its_own_executions_only(durable):
    policy = durable.only("AWS::IAM::Policy")
    assert policy["Roles"] == ["OrchestratorRole"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        [*ACTIONS, "lambda:InvokeFunction"],
        "Orchestrator.Arn:*",
    )


def test_there_is_no_queue_of_work_no_table_and_no_machine(durable):
    kinds = {resource["Type"] for resource in durable.raw["Resources"].values()}
    assert not {"AWS::DynamoDB::Table", "AWS::StepFunctions::StateMachine"} & kinds
    assert set(durable.of_type("AWS::SQS::Queue")) == {"NoticesQueue"}


def test_memory_and_the_longest_items_reach_the_functions(synthesise):
    knobs = {"batcher_memory_mb": 1_024, "memory_mb": 256, "value_max": 2_000, "cpu": "x86_64"}
    functions = synthesise({"durable": knobs}).durable.of_type("AWS::Lambda::Function")
    assert [
        (one["MemorySize"], one["Timeout"], one["Architectures"])
        for one in (functions["Orchestrator"], functions["Processor"])
    ] == [(1_024, 900, ["x86_64"]), (256, 211, ["x86_64"])]
