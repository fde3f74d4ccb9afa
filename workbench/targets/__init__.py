"""Where a batch runs: `local`, `model`, `aws`. No target imports another."""
