"""SQS on the local target: queues, deliveries, what a call costs."""
