"""The judges see the races of the published design."""
