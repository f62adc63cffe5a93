"""The cluster of TESTBED_KUBECONFIG: what is taken over of a kubeconfig, and what is said of a useless one."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority, Issued
from tests.testbed.client import Client
from tests.testbed.errors import TestbedError
from tests.testbed.given import FOLDER_VARIABLE, VARIABLE, GivenRun, furnish, given, is_given

CA = Authority()
CA_PEM = CA.pem  # a new one each time
CLIENT: Issued = CA.issue("admin")


@pytest.fixture(autouse=True)
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubectl on PATH, which nobody calls."""
    folder = tmp_path / "path"
    folder.mkdir()
    (folder / "kubectl").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(VARIABLE, raising=False)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def kubeconfig(folder: Path, user: dict[str, Any], **cluster: Any) -> Path:
    """As kind writes it: certificates within, and a context of another cluster beside the current one."""
    known = {"server": "https://127.0.0.1:6443", "certificate-authority-data": encoded(CA_PEM)} | cluster
    content = {
        "clusters": [{"name": "other", "cluster": {"server": "https://other"}}, {"name": "kind", "cluster": known}],
        "users": [{"name": "kind", "user": user}],
        "contexts": [
            {"name": "other", "context": {"cluster": "other", "user": "kind"}},
            {"name": "kind", "context": {"cluster": "kind", "user": "kind"}},
        ],
        "current-context": "kind",
    }
    file = folder / "config"
    file.write_text(json.dumps(content))
    return file


def furnished(folder: Path, file: Path) -> dict[str, Any]:
    """The kubeconfig that tests read."""
    target = folder / "given"
    target.mkdir()
    furnish(target, file)
    assert (target / "bin" / "kubectl").resolve() == folder / "path" / "kubectl"
    assert (target / "logs").is_dir()
    Client(target / "kubeconfig")  # its certificates can be loaded
    read: dict[str, Any] = json.loads((target / "kubeconfig").read_text())
    return read


def test_certificates_of_the_current_context_are_taken_over(tmp_path: Path) -> None:
    user = {"client-certificate-data": encoded(CLIENT.certificate), "client-key-data": encoded(CLIENT.key)}
    config = furnished(tmp_path, kubeconfig(tmp_path, user))
    [cluster], [admin] = config["clusters"], config["users"]
    assert cluster["cluster"]["server"] == "https://127.0.0.1:6443"
    assert Path(cluster["cluster"]["certificate-authority"]).read_text() == CA_PEM
    assert Path(admin["user"]["client-certificate"]).read_text() == CLIENT.certificate
    key = Path(admin["user"]["client-key"])
    assert (key.read_text(), key.stat().st_mode & 0o777) == (CLIENT.key, 0o600)


def test_a_token_and_a_file_beside_the_kubeconfig_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "authority.crt").write_text(CA_PEM)
    files = {"certificate-authority": "authority.crt", "certificate-authority-data": None}
    config = furnished(tmp_path, kubeconfig(tmp_path, {"token": "t"}, **files))
    assert config["users"][0]["user"] == {"token": "t"}
    assert config["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "authority.crt")


@pytest.mark.parametrize(
    ("user", "cluster", "said"),
    [
        ({}, {}, "its user needs a token or a client certificate"),
        ({"token": "t"}, {"certificate-authority-data": None}, "its cluster names no certificate-authority"),
        ({"token": "t"}, {"server": "nowhere"}, "server nowhere is not a URL"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_told(
    user: dict[str, Any], cluster: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(TestbedError, match=said):
        furnished(tmp_path, kubeconfig(tmp_path, user, **cluster))


def test_without_kubectl_there_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TestbedError, match="kubectl is not on PATH"):
        furnish(tmp_path, kubeconfig(tmp_path, {"token": "t"}))


def test_a_plain_kubeconfig_gives_no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, {"token": "t"})))
    assert not is_given()
    assert given() is None


def test_a_run_leaves_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(kubeconfig(tmp_path, {"token": "t"})))
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    run = GivenRun()
    cluster = given()
    assert cluster is not None
    assert cluster.kubeconfig.is_file()
    with pytest.raises(pytest.skip.Exception, match="needs a testbed's own audit log"):
        assert cluster.audit
    run.pytest_unconfigure()
    assert not Path(os.environ[FOLDER_VARIABLE]).exists()
