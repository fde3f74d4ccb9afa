"""The deployed stacks in moto, which the tests of the target `aws` have too."""

from tests.workbench.targets.aws.conftest import credentials, moto, sfn, sqs

__all__ = ["credentials", "moto", "sfn", "sqs"]
