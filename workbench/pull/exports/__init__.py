"""AWS data exports: their files, their tables, and what of them is a run's."""
