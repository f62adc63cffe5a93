"""`python -m natsop_runtime` is `natsop`."""

import sys

from natsop_runtime.cli import main

sys.exit(main())
