"""Names of container images: a repository and what of it is meant, a tag or the digest of its content."""

from __future__ import annotations


def tag_of(image: str) -> str:
    """What of its repository an image is: the tag, or the digest such as `sha256:…`; empty where neither is said."""
    repository, at, digest = image.partition("@")
    _, colon, tag = repository.rpartition("/")[2].partition(":")
    return f"{tag}{at if colon else ''}{digest}"


def image_name(repository: str, tag: str) -> str:
    """The complete name; `tag` as `tag_of` gives it."""
    is_digest = ":" in tag.partition("@")[0]
    return f"{repository}{'@' if is_digest else ':'}{tag}"
