"""DynamoDB on the local target: tables, expressions, what a call costs."""
