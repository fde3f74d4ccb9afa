"""The simulation engine: clock, random streams, statistics, processes; nothing of AWS in it."""
