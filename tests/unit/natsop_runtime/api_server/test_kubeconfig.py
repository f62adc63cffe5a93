"""`natsop run` with configurations of all kinds: it uses them, or says in one line what is wrong with them."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme

from natsop_runtime import logs, preflight
from natsop_runtime.api_server import kubeconfig
from natsop_runtime.api_server.kubeconfig import load_config
from natsop_runtime.main import run
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.api_server.kubeconfigs import V1, kubeconfig_with

NO_CERTIFICATE = base64.b64encode(b"hello").decode()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(logs, "set_up", lambda *_: None)
    for patience in ("UNAVAILABLE_SECONDS", "REFUSED_SECONDS"):
        monkeypatch.setattr(preflight, patience, 0.0)
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", str(tmp_path / "serviceaccount"))
    monkeypatch.delenv("KUBECONFIG", raising=False)


def refusal(file: Path, caplog: pytest.LogCaptureFixture) -> str:
    """What `natsop run` says before it ends: one error."""
    caplog.clear()
    assert run(RunSettings(kubeconfig=str(file))) == 1
    return only_error(caplog)


def only_error(caplog: pytest.LogCaptureFixture) -> str:
    """The one error that was logged, last."""
    (record,) = (each for each in caplog.records if each.levelname == "ERROR")
    assert record is caplog.records[-1]
    line = record.getMessage()
    assert "\n" not in line
    assert "Error(" not in line
    return line


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ({"certificate-authority": "absent.crt"}, "absent.crt: No such file or directory"),
        ({"certificate-authority": "."}, "Is a directory"),
        ({"certificate-authority": "config"}, "certificate-authority holds no certificate"),
        ({"certificate-authority-data": "-- no base64 --"}, "certificate-authority-data is not base64"),
        ({"certificate-authority-data": NO_CERTIFICATE}, "certificate-authority holds no certificate"),
        ({"server": "https://127.0.0.1:99999"}, "server https://127.0.0.1:99999: there is no port 99999"),
        ({"server": "https://x:abc"}, "server https://x:abc is not a URL: Invalid port: 'abc'"),
        ({"server": "127.0.0.1:6443"}, "server 127.0.0.1:6443 is not a URL such as https://"),
        ({"server": "https://"}, "server https:// is not a URL"),
        ({"server": "https://a..b"}, "server https://a..b is not a URL"),
        ({"server": 5}, "is no kubeconfig: Expected `str`, got `int`"),
        ({"server": "https://127.0.0.1:1"}, "Cannot reach the API server at https://127.0.0.1:1"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_told_in_one_line(
    cluster: dict[str, Any], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert said in refusal(kubeconfig_with(tmp_path, **cluster), caplog)


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"client-certificate": "absent.crt", "client-key": "config"}, "absent.crt: No such file or directory"),
        ({"client-certificate": "config", "client-key": "absent.key"}, "absent.key: No such file or directory"),
        ({"client-certificate": "config"}, "client-key is missing"),
        ({"client-key-data": NO_CERTIFICATE}, "client-certificate is missing"),
        ({"client-certificate": "config", "client-key": "config"}, "client-certificate and client-key are no cert"),
        ({"client-certificate-data": "%", "client-key": "config"}, "client-certificate-data is not base64"),
        ({"tokenFile": "absent"}, "absent: No such file or directory"),
        ({"token": "é\n"}, "the user's token has characters that no token has"),
        ({"auth-provider": {"name": "gcp"}}, "auth-provider not supported"),
        ({"exec": {"apiVersion": "example.com/v9", "command": "x"}}, "exec of apiVersion example.com/v9 is not supp"),
        ({"exec": {"apiVersion": V1, "command": "absent-program"}}, "cannot be started: No such file or directory"),
        ({"exec": {"apiVersion": V1, "command": "false"}}, "failed with exit code 1: no error message"),
        ({"exec": {"apiVersion": V1, "command": "true"}}, "printed no ExecCredential with a status.token"),
    ],
)
def test_a_user_that_cannot_be_used_is_told_in_one_line(
    user: dict[str, Any], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    line = refusal(kubeconfig_with(tmp_path, user), caplog)
    assert said in line
    assert "Cannot reach" not in line


@pytest.mark.parametrize("command", ["absent-program", "false", "true"])
def test_an_exec_plugin_that_gives_no_token_is_told_with_the_kubeconfig_that_names_it(
    command: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kubeconfig = kubeconfig_with(tmp_path, {"exec": {"apiVersion": V1, "command": command}})
    assert f"exec plugin {command} (user u of kubeconfig {kubeconfig}) " in refusal(kubeconfig, caplog)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "config is empty"),
        (b"# nothing\n", "config is empty"),
        (b"clusters:\n- name: [\n", "config:3:1: "),
        (b"\xff\xfe\xff", "config is not YAML"),
        (b"a: \x01", "config is not YAML"),
        (b"- a list\n", "config is no kubeconfig"),
        (b"clusters: 5\ncontexts: []\n", "config is no kubeconfig"),
        (b"contexts: []\n", "config is no kubeconfig: clusters is missing"),
        (b"clusters: []\ncontexts: []\n", "config has no current context"),
        (b"clusters: []\ncontexts: []\ncurrent-context: c\n", "Context 'c' not found"),
        (
            b"clusters: []\ncontexts: [{name: c, context: {cluster: k}}]\ncurrent-context: c\n",
            "there is no cluster 'k', which context 'c' names",
        ),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_told_in_one_line(
    text: bytes, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config"
    file.write_bytes(text)
    assert said in refusal(file, caplog)


def test_a_folder_or_nothing_in_place_of_a_kubeconfig_is_told_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert "Is a directory" in refusal(tmp_path, caplog)
    assert "not found; pass --kubeconfig" in refusal(tmp_path / "absent", caplog)


# In a pod


@contextmanager
def forbidding_server(authority: trustme.CA) -> Iterator[tuple[int, list[str]]]:
    """An HTTPS server that allows nothing: its port, and the credentials that it is shown."""
    shown: list[str] = []

    class Forbid(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Forbid) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, shown
        server.shutdown()
        thread.join()


def test_several_kubeconfigs_are_merged_like_kubectl_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").mkdir()
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "b" / "ca.crt"))
    first = {"contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}], "current-context": "c"}
    second = {
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:2", "certificate-authority": "ca.crt"}}],
        "users": [{"name": "u", "user": {"token": "second"}}],
        "contexts": [{"name": "c", "context": {"cluster": "other", "user": "other"}}],
        "current-context": "other",
    }
    third = {"users": [{"name": "u", "user": {"token": "third"}}]}
    files = [tmp_path / "a", tmp_path / "absent", tmp_path / "b" / "config", tmp_path / "c"]
    for file, content in zip((files[0], *files[2:]), (first, second, third), strict=True):
        file.write_text(json.dumps(content))
    monkeypatch.setenv("KUBECONFIG", ":".join(map(str, files)))
    config = load_config(None, None)
    assert (config.context_name, config.cluster.server) == ("c", "https://127.0.0.1:2")
    assert (config.cluster.certificate_auth, config.user and config.user.token) == (
        str(tmp_path / "b/ca.crt"),
        "second",
    )


def test_of_several_kubeconfigs_that_are_all_absent_one_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/absent/a:/absent/b")
    assert run(RunSettings()) == 1
    assert "/absent/a not found" in only_error(caplog)


def mount_service_account(folder: Path, authority: trustme.CA) -> None:
    folder.mkdir()
    (folder / "token").write_text("the-pods-token")
    (folder / "namespace").write_text("nats-system")
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))


def test_in_a_pod_its_service_account_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority = trustme.CA()
    mount_service_account(tmp_path / "serviceaccount", authority)
    caplog.set_level("INFO")
    with forbidding_server(authority) as (port, shown):
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(port))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "is not looked at"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert run(RunSettings()) == 1
    assert set(shown) == {"Bearer the-pods-token"}
    assert only_error(caplog).startswith("No permission to list ")
    (first,) = (line for line in caplog.messages if line.startswith("natsop "))
    assert f"server https://127.0.0.1:{port}, context in-cluster, user the pod's ServiceAccount" in first


@pytest.mark.parametrize(("absent", "said"), [("ca.crt", "ca.crt: No such file"), ("namespace", "No such file")])
def test_in_a_pod_what_is_not_mounted_is_told(
    absent: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mount_service_account(tmp_path / "serviceaccount", trustme.CA())
    (tmp_path / "serviceaccount" / absent).unlink()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert run(RunSettings()) == 1
    line = only_error(caplog)
    assert line.startswith("No Kubernetes cluster to work with: the pod's ServiceAccount")
    assert said in line
