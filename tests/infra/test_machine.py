"""The state machine's role, log and limits."""

ACCOUNT = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"


def test_the_machine_may_do_what_its_definition_does_and_no_more(sfn):
    calls = sfn.statements("MachineRole", "Calls")
    assert calls[:-1] == [
        (["lambda:InvokeFunction"], ["Batcher.Arn", "Processor.Arn", "Summary.Arn"]),
        (["sns:Publish"], ["NoticesTopic"]),
        (["s3:ListBucket"], ["Bucket.Arn"]),
        (["s3:GetObject"], ["Bucket.Arn/batches/*"]),
        (
            [
                "s3:PutObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:AbortMultipartUpload",
            ],
            ["Bucket.Arn/results/*"],
        ),
    ]
    actions, resources = calls[-1]
    assert resources == ["*"]
    assert {action.split(":")[0] for action in actions} == {"logs"}


def test_the_machine_may_run_its_map(sfn):
    policy = sfn.of_type("AWS::IAM::Policy")["MapRuns"]
    assert policy["Roles"] == ["MachineRole"]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": "Machine"},
        {
            "Action": ["states:DescribeExecution", "states:StopExecution"],
            "Effect": "Allow",
            "Resource": f"{ACCOUNT}:execution:Machine.Name:*",
        },
        {
            "Action": "states:RedriveExecution",
            "Effect": "Allow",
            "Resource": f"{ACCOUNT}:execution:Machine.Name/*:*",
        },
    ]


def test_only_errors_are_logged_and_never_the_data(sfn):
    machine = sfn.only("AWS::StepFunctions::StateMachine")
    logging = machine["LoggingConfiguration"]
    assert logging == {
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "MachineLogs.Arn"}}],
        "IncludeExecutionData": False,
        "Level": "ERROR",
    }
    assert machine.get("StateMachineType", "STANDARD") == "STANDARD"


def test_an_execution_does_not_run_for_ever(sfn):
    assert sfn.definition["TimeoutSeconds"] == 48 * 3_600
