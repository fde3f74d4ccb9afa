"""The `counters` design: sharded counters in place of item records."""
