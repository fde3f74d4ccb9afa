"""What AWS calls need, may do and cost: one module of rules for each service."""
