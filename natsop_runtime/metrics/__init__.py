"""The metrics of the operator. Their help texts are the documentation, too: docs/how-to/metrics.md lists them.

What Go operators have as well has the names, labels and buckets of controller-runtime and client-go, so that ready
dashboards and alerts work; our own metrics begin with natsop_. All series whose labels are known beforehand are there
from the start, so that `rate` sees the first error.
"""

from natsop_runtime.metrics.registry import Metrics

__all__ = ["Metrics"]
