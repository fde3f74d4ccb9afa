"""The charts, one a module: its question (the docstring), `select`, `draw` and `say`."""
