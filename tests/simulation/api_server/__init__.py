"""An API server in memory: as much of Kubernetes as the operator and the people in these tests use.

`tests/cluster/simulation/test_truth.py` holds it to the real one. Each file is one idea: `fields` and `merge` who owns
what and what an apply makes of it, `objects` what is kept, `storage` versions and history, `kinds` what is served,
`admission` what a kind fills in, `validation` what it refuses, `writes` the verbs, `streams` open watches, `server`
from a request to its answer.
"""
