"""The local target: the deployed handlers under a virtual clock, against moto in this process."""
