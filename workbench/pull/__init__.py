"""What AWS itself says of a run, as tidy frames: metrics, REPORT lines, costs.

Clients are passed in: the same code asks AWS, a server like it, and the local target's moto.
"""
