"""Splits and joins names of container images: a repository and a tag or digest."""

from __future__ import annotations


def tag_of(image: str) -> str:
    """The tag of an image, or its digest such as `sha256:…`; empty if it has neither."""
    repository, at, digest = image.partition("@")
    _, colon, tag = repository.rpartition("/")[2].partition(":")
    return f"{tag}{at if colon else ''}{digest}"


def image_name(repository: str, tag: str) -> str:
    """The complete name. tag: in the format of `tag_of`."""
    is_digest = ":" in tag.partition("@")[0]
    return f"{repository}{'@' if is_digest else ':'}{tag}"
