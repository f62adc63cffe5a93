"""The certificate of the metrics port, over real handshakes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from natsop_runtime.serving import certificates
from natsop_runtime.serving.certificates import CertificateError, from_folder, self_signed
from natsop_runtime.serving.self_signed import LIFETIME
from tests.unit.natsop_runtime.serving.certificate_files import put, replace, trusting_nobody


async def handshake(port: int, client: ssl.SSLContext, name: str | None = None) -> x509.Certificate:
    """Shake hands with the server at the port; the certificate that it shows."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name or "")
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(shown)


def served(context: ssl.SSLContext, story: Callable[[int], Awaitable[None]]) -> None:
    """Tell the story to the port of a server with this context."""

    async def serve() -> None:
        async def nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(nothing, "127.0.0.1", 0, ssl=context) as server:
            await story(server.sockets[0].getsockname()[1])

    asyncio.run(serve())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def folder(tmp_path: Path, authority: trustme.CA) -> Path:
    """A folder with a certificate for "first.test"."""
    put(tmp_path, authority, "first.test")
    return tmp_path


def names(certificate: x509.Certificate) -> list[str]:
    """The names that a certificate is for."""
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def test_a_given_certificate_is_shown_and_can_be_verified(folder: Path, authority: trustme.CA) -> None:
    client = ssl.create_default_context()
    authority.configure_trust(client)

    async def story(port: int) -> None:
        assert names(await handshake(port, client, "first.test")) == ["first.test"]

    served(from_folder(folder), story)


def test_another_certificate_is_used_from_the_next_connection_on(
    folder: Path, authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(port: int) -> None:
        await handshake(port, trusting_nobody())
        put(folder, authority, "second.test")
        for name in (None, "first.test"):
            assert names(await handshake(port, trusting_nobody(), name)) == ["second.test"]

    caplog.set_level(logging.INFO)
    served(from_folder(folder), story)
    assert caplog.text.count("using the changed TLS files") == 1


@pytest.mark.parametrize("broken", ["missing", "empty", "key of another", "encrypted"])
def test_a_new_certificate_that_cannot_be_used_leaves_the_old_one_in_place(
    folder: Path, authority: trustme.CA, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    async def story(port: int) -> None:
        await handshake(port, trusting_nobody())
        break_key(folder / "tls.key", broken)
        for _ in range(3):
            assert names(await handshake(port, trusting_nobody())) == ["first.test"]
        assert caplog.text.count("the last ones stay in use") == 1
        assert "PRIVATE" not in caplog.text

        caplog.set_level(logging.INFO)
        put(folder, authority, "third.test")
        assert names(await handshake(port, trusting_nobody())) == ["third.test"]

    served(from_folder(folder), story)
    assert caplog.messages[-1] == f"using the changed TLS files: {folder / 'tls.crt'}, {folder / 'tls.key'}"


def break_key(key: Path, how: str) -> None:
    """Make the key one that cannot be used."""
    match how:
        case "missing":
            key.unlink()
        case "empty":
            replace(key, b"")
        case "key of another":
            replace(key, trustme.CA().issue_cert("other.test").private_key_pem.bytes())
        case "encrypted":
            replace(
                key,
                b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBHDBXBgkqhkiG9w0BBQ0w\n-----END ENCRYPTED PRIVATE KEY-----",
            )


def test_without_files_to_start_with_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"Cannot use tls\.crt and tls\.key of .*: .*No such file") as error:
        from_folder(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_of_tls_are_refused(folder: Path) -> None:
    old = trusting_nobody()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")

    async def story(port: int) -> None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await handshake(port, old)

    for context in (from_folder(folder), self_signed("pod-0")):
        context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3's own level refuses them, too
        served(context, story)


def test_a_certificate_of_our_own_is_for_this_host_and_outlives_the_process() -> None:
    async def story(port: int) -> None:
        shown = await handshake(port, trusting_nobody())
        assert names(shown) == ["pod-0", "localhost"]
        assert shown.not_valid_after_utc - shown.not_valid_before_utc > LIFETIME

    served(self_signed("pod-0"), story)


def test_a_host_name_may_be_longer_than_a_common_name() -> None:
    async def story(port: int) -> None:
        assert names(await handshake(port, trusting_nobody()))[0] == "a" * 63 + ".example"

    served(self_signed("a" * 63 + ".example"), story)


def test_a_certificate_that_cannot_be_made_is_said_in_one_line() -> None:
    with pytest.raises(CertificateError, match=r"^Cannot make a certificate for bücher: ") as error:
        self_signed("bücher")
    assert "\n" not in str(error.value)


def test_a_key_of_our_own_is_never_kept_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    context = certificates._context  # noqa: SLF001

    def spying(certificate: Path, key: Path) -> ssl.SSLContext:
        seen.extend((path.name, path.stat().st_mode & 0o777) for path in (key, key.parent))
        return context(certificate, key)

    monkeypatch.setattr(certificates, "MEMORY", tmp_path)
    monkeypatch.setattr(certificates, "_context", spying)
    self_signed("pod-0")
    assert [mode for _, mode in seen] == [0o600, 0o700]
    assert not list(tmp_path.iterdir())
