"""The command line, one module a family of commands; only this package imports all the others."""
