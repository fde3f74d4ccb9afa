"""Tuning a design on the model: the cheapest, the fastest, the front, and what each knob bought."""
