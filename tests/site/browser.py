"""The built site in headless Chromium: what it loaded, and what it complained about."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

CHECK: Final = Path(__file__).with_name("check.html")
SECONDS: Final = 50


@dataclass(frozen=True)
class Visit:
    """pages: what the browser saw, by path. found: where the search leads. complaints: its console's lines."""

    address: str
    pages: dict[str, Any]
    found: list[str]
    complaints: list[str]


class _Server(ThreadingHTTPServer):
    def __init__(self, site: Path, task: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(site)))
        self.task = task
        self.reports: SimpleQueue[dict[str, Any]] = SimpleQueue()


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/check/":
            self._answer(CHECK.read_bytes(), "text/html")
        elif self.path == "/check/task":
            self._answer(json.dumps(self.server.task).encode(), "application/json")
        else:
            super().do_GET()

    def do_POST(self) -> None:
        self.server.reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"", "text/plain")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the browser says what fails."""


def visit(chromium: str, site: Path, paths: list[str], word: str, profile: Path) -> Visit:
    """Load these pages of the site one after another, and search for the word."""
    server = _Server(site, {"paths": paths, "word": word})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    log = profile.with_suffix(".log")
    with log.open("w") as stderr:
        process = subprocess.Popen([chromium, *FLAGS, f"--user-data-dir={profile}", f"{address}/check/"], stderr=stderr)
        try:
            report = server.reports.get(timeout=SECONDS)
        except Empty:
            raise AssertionError(f"Chromium has not reported in {SECONDS} s:\n{log.read_text()[-3000:]}") from None
        finally:
            process.kill()
            process.wait()
            server.shutdown()
            server.server_close()
    complaints = [line for line in log.read_text().splitlines() if ":CONSOLE" in line]
    return Visit(address, report["pages"], report["found"], complaints)
