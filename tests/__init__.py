"""Tests of natsop. Operators that they start open no ports unless told so: several run on one machine at once."""

import os
from typing import Final

NO_PORTS: Final = {"NATSOP_METRICS_BIND_ADDRESS": "0", "NATSOP_HEALTH_PROBE_BIND_ADDRESS": "0"}

os.environ.update(NO_PORTS)
