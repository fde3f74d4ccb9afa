"""What runs inside AWS Lambda: standard library and boto3 only (durable: its SDK)."""
