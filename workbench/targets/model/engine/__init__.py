"""What the models of all designs share: draws, heaps, limits, usage lines."""
