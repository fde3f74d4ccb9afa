"""What handlers run in: greenlets on the virtual clock, and the clients that they get."""
