"""The model of the design sqs."""
