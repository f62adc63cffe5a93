"""What the real nats-server makes of any text: `nats-server -t` prints the digest of what it parsed.

The server checks option names as well. Below `resolver`, though, it ignores keys that it does not know (opts.go), so
the text is included there: the digest then covers all its values, by the rules of a whole file.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from natsop_core.conf import Unknown
from tests.config_digests import config_digest

_VALID = re.compile(r"configuration file \S+ is valid \((sha256:[0-9a-f]{64})\)")


@dataclass(frozen=True)
class Checker:
    """Both sides' view of the same text: the server's and ours. `version` is that of `binary`."""

    binary: Path
    folder: Path
    version: str

    @property
    def _main(self) -> str:
        return f'resolver {{ type: full, dir: "{self.folder}/resolver", any {{ include "body.conf" }} }}\n'

    def server(self, text: str, environment: Mapping[str, str] | None = None) -> str | None:
        """The digest, or None when the server refuses the text. Only nats-server 2.11 and newer print digests."""
        (self.folder / "main.conf").write_text(self._main)
        (self.folder / "body.conf").write_bytes(text.encode())
        command = [str(self.binary), "-c", str(self.folder / "main.conf"), "-t"]
        done = subprocess.run(command, capture_output=True, env=dict(environment or {}), check=False, timeout=30)
        found = _VALID.search(done.stderr.decode(errors="replace"))
        return found[1] if found else None

    def ours(
        self, text: str, environment: Mapping[str, str] | None = None, includes: Mapping[str, str] | None = None
    ) -> str | Unknown:
        return config_digest(
            self._main,
            environment or {},
            {f"{self.folder}/body.conf": text, **(includes or {})},
            version=self.version,
            file=f"{self.folder}/main.conf",
        )
