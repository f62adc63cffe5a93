"""Every page of the site in a real browser: it loads, its links lead somewhere, and the search finds words."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag, urlsplit

import pytest

from tests.site.browser import Visit, visit

SITE: Final = Path(__file__).parents[2] / "build" / "site"
WORD: Final = "UnsafeScale"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    chromium = shutil.which("chromium")
    missing = (
        "Chromium (Debian's package chromium)" if not chromium else "" if SITE.exists() else "the site (make docs)"
    )
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"Missing: {missing}.")
    if missing or chromium is None:
        pytest.skip(f"Missing: {missing}.")
    paths = [f"/{file.parent.relative_to(SITE)}/".replace("/./", "/") for file in sorted(SITE.rglob("index.html"))]
    assert len(paths) > 15
    return visit(chromium, SITE, paths, WORD, tmp_path_factory.mktemp("chromium") / "profile")


def test_every_page_has_a_heading_and_the_console_stays_empty(seen: Visit) -> None:
    assert [path for path, page in seen.pages.items() if not page["heading"]] == []
    assert seen.complaints == []


def test_nothing_is_loaded_from_other_servers(seen: Visit) -> None:
    loaded = {name for page in seen.pages.values() for name in page["loaded"]}
    assert any(name.endswith(".js") for name in loaded)
    assert [name for name in sorted(loaded) if not name.startswith(f"{seen.address}/")] == []


def test_every_link_leads_to_a_page_and_a_heading_of_it(seen: Visit) -> None:
    links = {(path, link) for path, page in seen.pages.items() for link in page["links"]}
    assert len(links) > 300
    assert sorted({f"{path}: {link}" for path, link in links if not leads_somewhere(seen, link)}) == []


def leads_somewhere(seen: Visit, link: str) -> bool:
    """Of other servers' links, only the form is looked at."""
    url, anchor = urldefrag(link)
    if not url.startswith(f"{seen.address}/"):
        return urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname)
    path = urlsplit(url).path
    if path in seen.pages:
        return not anchor or anchor in seen.pages[path]["ids"]
    return (SITE / path.lstrip("/")).is_file()


def test_the_search_finds_a_reason_on_the_page_that_explains_it(seen: Visit) -> None:
    assert any(urlsplit(link).path == "/troubleshooting/" for link in seen.found)
