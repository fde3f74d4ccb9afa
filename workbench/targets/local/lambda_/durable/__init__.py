"""Durable functions: executions of checkpointed operations, suspended for nothing and resumed."""
