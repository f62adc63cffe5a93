"""`python -m tests.cluster.newer_release` is `natsop` of a later release: its default images alone are others."""

from __future__ import annotations

import sys
from typing import Final

from natsop_core.resolve.images import EXPORTER, RELOADER, SERVER

SERVER_TAG: Final = "2.99.1-alpine"
RELOADER_TAG: Final = "0.99.2"
EXPORTER_TAG: Final = "0.99.3"

if __name__ == "__main__":
    from natsop_runtime.cli import main

    for image, tag in ((SERVER, SERVER_TAG), (RELOADER, RELOADER_TAG), (EXPORTER, EXPORTER_TAG)):
        object.__setattr__(image, "tag", tag)  # the very values that everybody has imported
    sys.exit(main())
