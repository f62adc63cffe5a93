"""Every message of the command line for bad input, as tables: input → text.

Each row of a table has the input (files, a command), and exactly what is printed to standard error. The exit code is 1,
or 2 for wrong usage. A file is `a.yaml` unless it says otherwise.
"""
