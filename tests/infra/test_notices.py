"""Notices: the topic that batches, rules and alarms publish to, and the queue that listens."""


def test_the_queue_gets_every_message_of_the_topic_as_it_was_published(template):
    assert template.only("AWS::SNS::Subscription") == {
        "Endpoint": "NoticesQueue.Arn",
        "Protocol": "sqs",
        "RawMessageDelivery": True,
        "TopicArn": "NoticesTopic",
    }
    (policy,) = (
        one
        for one in template.of_type("AWS::SQS::QueuePolicy").values()
        if one["Queues"] == ["NoticesQueue"]
    )
    assert policy["PolicyDocument"]["Statement"][1:] == [
        {
            "Action": "sqs:SendMessage",
            "Condition": {"ArnEquals": {"aws:SourceArn": "NoticesTopic"}},
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Resource": "NoticesQueue.Arn",
        }
    ]


def test_the_topic_refuses_plain_http_and_lets_alarms_in(template):
    statements = template.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    refusal = {
        "Action": "sns:Publish",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": "*",
        "Resource": "NoticesTopic",
        "Sid": "AllowPublishThroughSSLOnly",
    }
    alarms = {
        "Action": "sns:Publish",
        "Condition": {"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}},
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Resource": "NoticesTopic",
    }
    assert statements[0] == refusal
    assert alarms == {name: value for name, value in statements[-1].items() if name != "Sid"}


def test_the_alarm_on_the_oldest_open_batch_publishes(template):
    assert template.only("AWS::CloudWatch::Alarm")["AlarmActions"] == ["NoticesTopic"]
