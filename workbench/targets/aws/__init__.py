"""The deployed stacks, through boto3: AWS itself, or an AWS-compatible server.

Run a batch     AwsTarget, AwsOptions
After a stop    resume, purge
Before a deploy put_back
"""

from workbench.targets.aws.session import purge, put_back, resume
from workbench.targets.aws.target import AwsTarget
from workbench.targets.aws.timeouts import AwsOptions

__all__ = ["AwsOptions", "AwsTarget", "purge", "put_back", "resume"]
