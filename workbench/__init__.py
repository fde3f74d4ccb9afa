"""The engine: designs, records, prices, bill, runner and the three targets."""
