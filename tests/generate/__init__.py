"""Writes the generated files of the repository: `python -m tests.generate`, or `make generate`.

`sources` lists the modules that say what they contain; `tests/unit/test_generated.py` fails when one is stale.
"""
