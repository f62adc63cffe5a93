"""The version of natsop."""

from __future__ import annotations


def natsop_version() -> str:
    """The installed version; "unknown" when natsop runs from sources that are not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (slow to load, seldom needed)

    try:
        return version("natsop")
    except PackageNotFoundError:
        return "unknown"
