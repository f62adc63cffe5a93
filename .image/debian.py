"""Which Debian packages the files of the image come from, for scanners, licences and the SBOM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DPKG: Final = Path("/var/lib/dpkg")


@dataclass(frozen=True)
class DebianPackages:
    """By name, the paragraph of each package in dpkg's database."""

    paragraphs: dict[str, str]

    @classmethod
    def owning(cls, files: Iterable[Path]) -> DebianPackages:
        """The packages that installed any of these files."""
        wanted = {spelling for file in files for spelling in _spellings(file)}
        owners = {
            listing.stem.partition(":")[0]
            for listing in (DPKG / "info").glob("*.list")
            if not wanted.isdisjoint(listing.read_text().splitlines())
        }
        paragraphs = {_field(each, "Package"): each for each in (DPKG / "status").read_text().split("\n\n")}
        return cls({name: paragraphs[name] for name in sorted(owners)})

    def versions(self) -> dict[str, str]:
        """The version of each."""
        return {name: _field(text, "Version") for name, text in self.paragraphs.items()}

    def notices(self) -> dict[str, str]:
        """What says so in the image: a paragraph of dpkg's for each, as in distroless images, and its licence."""
        found = {f"var/lib/dpkg/status.d/{name}": f"{text}\n" for name, text in self.paragraphs.items()}
        for name in self.paragraphs:
            licence = Path("/usr/share/doc") / name / "copyright"
            if licence.exists():
                found[str(licence.relative_to("/"))] = licence.read_text()
        return found


def _spellings(file: Path) -> set[str]:
    """The file's path, whichever side of the merge of / and /usr dpkg has it on."""
    real = {str(file), str(file.resolve()), str(file.parent.resolve() / file.name)}
    return real | {each.removeprefix("/usr") for each in real} | {f"/usr{each}" for each in real}


def _field(paragraph: str, name: str) -> str:
    found = [line.partition(": ")[2] for line in paragraph.splitlines() if line.startswith(f"{name}: ")]
    return found[0] if found else ""
