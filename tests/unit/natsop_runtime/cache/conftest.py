"""What tests of the cache share as fixtures."""

from __future__ import annotations

import pytest

from natsop_runtime.backoff import Backoff
from natsop_runtime.cache import reflector as reflector_module


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reflectors that try again almost at once."""
    monkeypatch.setattr(reflector_module, "BACKOFF", Backoff(first=0.01, most=0.02))
