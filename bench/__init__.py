"""Speed and memory, measured on this machine: `make bench`. Never part of the tests."""
