"""Kubeconfigs to write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

V1 = "client.authentication.k8s.io/v1"


def kubeconfig_with(folder: Path, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
    content = {
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1"} | cluster}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "current-context": "c",
    }
    file = folder / "config"
    file.write_text(json.dumps(content))
    return file
