"""The commands for diagnosis (`natsop status`, `doctor`, `report`): turns answers of API server and servers into text.

Nothing here fetches. A function reads from a `View`, which records the requests that it has no answer for; the runtime
sends these and calls the function again.
"""
