"""The stacks on AWS: deployed, listed, checked, removed with proof."""
