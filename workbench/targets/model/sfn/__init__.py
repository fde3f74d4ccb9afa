"""The model of the design sfn."""
