"""Lambda on the local target: functions, environments, event sources, what is reported."""
