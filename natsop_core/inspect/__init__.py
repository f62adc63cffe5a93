"""What a person on call wants to know of a cluster: from the API server's and the servers' answers to data and text.

Nothing here fetches. A question is asked of a `View`, which notes what it does not have yet; the shell fetches that and
asks the question again.
"""
