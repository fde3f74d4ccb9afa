"""The CDK app: one stack for each design, its knobs read from `workbench.designs`."""
