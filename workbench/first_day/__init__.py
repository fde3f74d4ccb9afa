"""`workbench first-day`: what it does (`plan`), and its steps (`steps`)."""
