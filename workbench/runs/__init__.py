"""One batch on one target: the batch, its run folder, its prediction, where it comes from."""
