"""The rules of each design as docs/method.md has them, and how a run shows that one decided."""
