"""The model against the world: published measurements replayed, and its constants calibrated."""
