"""One chart a file, named by its question: frames and a figure in, the figure out."""
