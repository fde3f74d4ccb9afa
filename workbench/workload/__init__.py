"""What is to be worked: how long items take, and a user's own workload in a file."""
