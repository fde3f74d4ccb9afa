"""The Python API, which `workbench` lists: stored runs as frames, and batches to come.

It joins what the command line joins, and holds nothing of its own but the shape of its answers.
"""
