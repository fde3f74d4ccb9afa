"""A study in one file, swept in parallel, resumed after any interruption, one table out."""
