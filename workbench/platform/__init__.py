"""What AWS is taken to be: how it rounds, and the constants that the simulated targets stand on."""
