"""What is deployed is checked before anything is called; the deployment itself is `make e2e`'s."""

import json
from contextlib import nullcontext
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, BudgetExceeded, NotDeployed
from workbench.prices import load_book
from workbench.stacks import deploy as deploying
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import NoCredentials
from workbench.stacks.cdk import assembly
from workbench.stacks.deploy import Deployment, deploy, monthly_cost_usd
from workbench.stacks.deployed import Deployed

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")


@pytest.fixture
def aws(monkeypatch):
    for name in (*KEYS, "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in KEYS[:2]:
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with mock_aws():
        yield Aws()


@pytest.fixture
def ran(monkeypatch):
    """The CDK's command lines, which are not run here."""
    commands = []
    monkeypatch.setattr(deploying, "cdk", lambda aws, words, say: commands.append(words))
    return commands


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"designs": ("sqs", "sqz")}, "design='sqz' is not known"),
        ({"designs": ()}, "no design is named"),
        ({"knobs": {"sqz": {}}}, "design='sqz' is not known"),
        ({"notify": "nobody"}, "NOTIFY='nobody' is no mail address"),
        ({"qualifier": "--Ours"}, "qualifier='--Ours' is none of CDK's"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(given, words):
    with pytest.raises(BadInput, match=words) as caught:
        Deployment(**given)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "plan",
    [Deployment(knobs={"sqs": {"items_per_message": 20_000}}), Deployment(cron_items=0)],
)
def test_bad_knobs_are_refused_before_aws_is_asked(plan):
    with pytest.raises(BadInput):
        deploy(plan, print)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({}, "none were found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "x"}, "missing: AWS_SECRET_ACCESS_KEY"),
        ({"AWS_PROFILE": "work"}, r"profile \(work\) could not be found"),
    ],
)
def test_missing_credentials_are_named(monkeypatch, tmp_path, there, words):
    for name in (*KEYS, "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for name, value in there.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NoCredentials, match=words) as caught:
        deploy(Deployment(), print)
    assert caught.value.exit_code == 2


def test_the_app_gets_every_knob_of_both_designs():
    plan = Deployment(("sqs",), {"sqs": {"memory_mb": 256}}, cron=False, cron_items=7)
    context = plan.context()
    assert (context["cron"], context["cron_items"]) == ("off", "7")
    assert json.loads(context["sqs"]) == make_design("sqs", settings={"memory_mb": 256}).knobs()
    assert json.loads(context["sfn"]) == make_design("sfn").knobs()


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({}, []),
        (
            {"qualifier": "ours"},
            ["--qualifier", "ours", "--toolkit-stack-name", "CDKToolkit-ours"],
        ),
    ],
)
def test_a_region_is_bootstrapped_once_and_never_unasked(aws, ran, own, words):
    said, plan = [], Deployment(**own, bootstrap=True)
    with pytest.raises(NotDeployed, match=r"us-east-1 has no CDK bootstrap .* Add --bootstrap"):
        deploying._bootstrap(aws, "123456789012", Deployment(**own), said.append)
    assert (ran, said) == ([], [])
    deploying._bootstrap(aws, "123456789012", plan, said.append)
    assert ran == [["bootstrap", "aws://123456789012/us-east-1", *words]]
    assert "123456789012" not in said[0]
    name = f"/cdk-bootstrap/{plan.qualifier}/version"
    boto3.client("ssm", "us-east-1").put_parameter(Name=name, Value="30", Type="String")
    deploying._bootstrap(aws, "123456789012", Deployment(**own), said.append)
    assert len(ran) == 1


def test_a_stack_is_deployed_by_the_bootstrap_that_is_named():
    """Its roles and its bucket have the qualifier in their names."""
    with assembly(Deployment(("sfn",), qualifier="ours").context()) as folder:
        manifest = json.loads((folder / "manifest.json").read_text())["artifacts"]
        stack = manifest["SfnBatchProcessing"]["properties"]
        assert "cdk-ours-deploy-role-" in stack["assumeRoleArn"]
        assert "cdk-ours-assets-" in stack["stackTemplateAssetObjectUrl"]


def test_an_address_is_subscribed_once(aws):
    topic = boto3.client("sns", "us-east-1").create_topic(Name="t")["TopicArn"]
    deployed = Deployed(make_design("sqs"), "key", "us-east-1", {"TopicArn": topic})
    said = []
    for _ in range(2):
        deploying._subscribe(aws, deployed, "someone@example.com", said.append)
    found = boto3.client("sns", "us-east-1").list_subscriptions_by_topic(TopicArn=topic)
    assert [one["Endpoint"] for one in found["Subscriptions"]] == ["someone@example.com"]
    assert said == [
        "SqsBatchProcessing: someone@example.com must confirm by the link that AWS mails now",
        "SqsBatchProcessing: someone@example.com is subscribed already",
    ]


def test_outputs_are_shown_without_the_account():
    outputs = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "DesignKnobs": "{}"}
    assert deploying._shown(outputs) == {"TopicArn": "arn:aws:sns:us-east-1:<account>:t"}


def test_a_region_without_prices_is_refused_before_anything_is_deployed(aws, ran, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(BadInput, match="region='eu-west-1' has no price book; there are us-east-1"):
        deploy(Deployment(), print)
    assert ran == []


STACK_USD = 20
ALL_USD = STACK_USD * len(DESIGNS)


@pytest.fixture
def nothing_runs(monkeypatch, ran):
    """No CDK app, no command line; every stack costs $20 a month."""
    monkeypatch.setattr(deploying, "install", lambda say: None)
    monkeypatch.setattr(deploying, "assembly", lambda context: nullcontext("folder"))
    monkeypatch.setattr(deploying, "_bootstrap", lambda *_: None)
    monkeypatch.setattr(deploying, "monthly_cost_usd", lambda *_: Decimal(STACK_USD))
    monkeypatch.setattr(
        deploying, "find_stack", lambda aws, name: Deployed(make_design(name), "k", "r", {})
    )
    return ran


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, rf"\${ALL_USD}.00 a month is above --max-monthly-usd \$50"),
        ({"max_monthly_usd": Decimal(ALL_USD - 1)}, "nothing was deployed"),
    ],
)
def test_a_deployment_that_costs_too_much_a_month_is_refused(aws, nothing_runs, changes, words):
    with pytest.raises(BudgetExceeded, match=words):
        deploy(Deployment(**changes), print)
    assert [words[0] for words in nothing_runs] == ["diff"]


def test_what_has_no_price_is_deployed_only_if_wanted(aws, nothing_runs):
    plan = Deployment(("sqs",), {"sqs": {"warm_write_units": 8_000}})
    with pytest.raises(BadInput, match="raising warm_write_units is charged for, and no price"):
        deploy(plan, print)
    assert [words[0] for words in nothing_runs] == ["diff"]


def test_within_the_limit_or_with_a_yes_it_is_deployed(aws, nothing_runs):
    for changes in ({"max_monthly_usd": Decimal(ALL_USD)}, {"yes": True}):
        assert set(deploy(Deployment(**changes), print)) == {one.stack for one in DESIGNS.values()}
        assert [words[0] for words in nothing_runs] == ["diff", "deploy"]
        nothing_runs.clear()


def test_the_export_of_bills_is_deployed_beside_the_designs_if_asked_for(aws, nothing_runs):
    place = {"Place": {"Value": "s3://b/bills/fanin-workbench"}}
    template = {"Resources": {"Bills": {"Type": "AWS::S3::Bucket"}}, "Outputs": place}
    formation = aws.client("cloudformation")
    formation.create_stack(StackName="BatchBillExport", TemplateBody=json.dumps(template))
    found = deploy(Deployment(("sqs",), bill_export=True), print)
    assert found["BatchBillExport"] == {"Place": "s3://b/bills/fanin-workbench"}
    both = ["SqsBatchProcessing", "BatchBillExport"]
    assert [words[3:5] for words in nothing_runs] == [both, both]
    assert Deployment().context()["bill_export"] == "off"


def test_an_export_of_bills_is_refused_where_cloudformation_makes_none(
    aws, nothing_runs, monkeypatch
):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(deploying, "load_book", lambda region: load_book())
    with pytest.raises(BadInput, match=r"--bill-export in eu-west-1: .* in us-east-1 alone"):
        deploy(Deployment(("sqs",), bill_export=True), print)
    assert nothing_runs == []


@pytest.mark.parametrize("name", DESIGNS)
def test_a_month_costs_more_with_its_scheduled_batches(name):
    design = make_design(name)
    with_cron, without = (
        monthly_cost_usd(design, Deployment(cron=on), load_book()) for on in (True, False)
    )
    assert Decimal("0.1") <= without < with_cron < Decimal(10)


def test_a_day_that_cannot_hold_its_scheduled_batches_is_refused_and_not_billed():
    plan = Deployment(cron_items=100_000_000)
    knobs = {"max_concurrency": 100}
    with pytest.raises(BadInput, match=r"takes .* hours, and a day has 4 of them: nothing was"):
        monthly_cost_usd(make_design("sqs", settings=knobs), plan, load_book())
