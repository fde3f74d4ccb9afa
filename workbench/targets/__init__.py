"""Where a batch runs: `local`, `model`, `aws`. No target imports another."""

# Loaded when asked for: moto, numba and boto3 take seconds to import.
TARGETS = {
    "local": "workbench.targets.local.target:LocalTarget",
    "model": "workbench.targets.model.target:ModelTarget",
    "aws": "workbench.targets.aws:AwsTarget",
}
FIGURES = {"local": "simulated", "model": "modelled", "aws": "measured"}  # what they are called
