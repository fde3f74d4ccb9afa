"""The `sqs` design: its rules, and what its rare ones need."""
