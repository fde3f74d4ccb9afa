"""A deployed stack in this process, and one run of it."""
