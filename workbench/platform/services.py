"""What AWS's services are called on a bill, and fixed sizes and times of theirs.

Each figure is AWS's, with its page; what varies is in the profile, and how it is billed in `units`.
"""

HOME_REGION = "us-east-1"  # whose prices count where nobody names another
LAMBDA = "AWS Lambda"
SQS = "Amazon Simple Queue Service"
DYNAMODB = "Amazon DynamoDB"
STEP_FUNCTIONS = "AWS Step Functions"
S3 = "Amazon Simple Storage Service"
SNS = "Amazon Simple Notification Service"
EVENTBRIDGE = "Amazon EventBridge"
CLOUDWATCH = "AmazonCloudWatch"
COST_EXPLORER = "AWS Cost Explorer"
KMS = "AWS Key Management Service"
DATA_TRANSFER = "AWS Data Transfer"
DURABLE_OPERATIONS = "Lambda-Durable-Execution-Operations"  # of durable functions: usage types
DURABLE_WRITTEN = "Lambda-Durable-Execution-Written-Bytes"
DURABLE_KEPT = "Lambda-Durable-Execution-TimedStorage-ByteHrs"
DURABLE_OPERATIONS_MAX = 3_000  # of one durable execution, hard (gettingstarted-limits)
DURABLE_WRITTEN_MAX_BYTES = 100 * 1024 * 1024  # of one durable execution, hard (same)
DURABLE_PAYLOAD_MAX_BYTES = 256 * 1024  # of one operation in a checkpoint (same)
DURABLE_CHAINED_MAX_BYTES = 1024 * 1024  # of a chained invoke, there and back (testing SDK)
DURABLE_ERROR_MAX_BYTES = 32 * 1024  # of an operation's error (testing SDK)
POLLER_HOURS = "Lambda-SQS-Event-Poller-Unit-Hour"  # of provisioned pollers: a usage type
POLLER_LEAST_S = 60  # that one is billed at least (aws.amazon.com/lambda/pricing)
LONG_POLL_S = 20  # SQS's longest wait, which an idle event source uses
MESSAGES_PER_CALL = 10  # of one ReceiveMessage or DeleteMessageBatch (SQS message quotas)
PAYLOAD_MAX_BYTES = 6 * 1024 * 1024  # at which a batch closes, metadata included (with-sqs)
MAP_CHILDREN_MAX = 10_000  # of one map run at a time (Step Functions quotas, hard)
KEYS_PER_LIST = 1_000  # of one ListObjectsV2
STORAGE_OVERHEAD_BYTES = 100  # DynamoDB adds to each item (developer guide, item sizes)
LOG_EVENT_BYTES = 26  # CloudWatch Logs adds to each event (PutLogEvents, API reference)
INIT_LINE_BYTES = 150  # Lambda's INIT_START line with the runtime's version and ARN
SQS_RECORD_BYTES = 700  # what SQS and Lambda add to a message in an invocation's event
