"""Generated parts of pages that are otherwise written by hand."""

from __future__ import annotations


def with_region(page: str, name: str, content: str) -> str:
    """The page with this content between its marks; LookupError if they are missing.

    <!-- generated: NAME -->
    <!-- end of generated: NAME -->
    """
    begin, end = f"<!-- generated: {name} -->", f"<!-- end of generated: {name} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise LookupError(f"The page has no region {name}: write {begin} and {end} where it belongs.")
    return f"{before}{begin}\n\n{content.strip()}\n\n{end}{after}"
