"""A short way to moto's tables and queues, for the thousands of runs of the fault swarm.

boto3 and moto spend milliseconds on a call: they check it, write it as HTTP, read it, parse its
expressions anew. Here a call goes straight to moto's own tables and queues, its expressions are
compiled once, and whatever is not known takes the long way. Tests hold both ways equal, call by
call and run by run.
"""
