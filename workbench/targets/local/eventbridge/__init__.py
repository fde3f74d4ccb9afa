"""EventBridge on the local target: rules, targets, cron expressions."""
