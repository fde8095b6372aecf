"""TLS by the server itself, with certificates that are made here; and what is said of those that cannot be used."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import trustme
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.voice_server.serving import KIB, Server, running, socket_of, until
from tests.voice_server.talk import sentence
from voice_server.cli import main
from voice_server.client import connect, stream_url
from voice_server.tls import BadCertificateError, Certificate


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def issue(authority: trustme.CA, folder: Path, name: str = "127.0.0.1") -> Certificate:
    folder.mkdir(exist_ok=True)
    made = authority.issue_cert(name)
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(str(key))
    return Certificate(cert, key)


def shown(server: Server, trusted: trustme.CA) -> str:
    """The certificate that the server shows to who trusts this authority. Raises ssl.SSLError to who cannot."""
    context = ssl.create_default_context()
    trusted.configure_trust(context)
    host, port = server.url.removeprefix("https://").rsplit(":", 1)
    with socket.create_connection((host, int(port))) as raw, context.wrap_socket(raw, server_hostname=host) as secured:
        return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True) or b"")


@pytest.fixture
def secured(tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with a certificate that this process trusts."""
    certificate = issue(authority, tmp_path)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with running(tmp_path, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)) as server:
        yield server


async def test_speech_comes_over_a_secured_socket(secured: Server) -> None:
    assert secured.url.startswith("https://")
    async with connect(secured.url) as tts:
        utterance = tts.utterance()
        await utterance.send("hello there")
        await utterance.end()
        assert len(await utterance.collect()) > 10_000
    assert await asyncio.to_thread(main, ["voices", "--url", secured.url]) == 0


async def test_a_secured_socket_hears_that_the_server_leaves(secured: Server) -> None:
    async with socket_of(secured, "tagged") as socket:
        await socket.ask({"text": sentence(200)}, "started")
        secured.process.terminate()
        heard, code = await socket.rest()
    assert (heard.types[-1], code) == ("closing", 1012)


def test_a_client_that_does_not_read_is_sent_no_more_than_without_tls(tmp_path: Path, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    certificate = issue(authority, tmp_path)
    with running(tmp_path, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)) as server:
        host, port = server.url.removeprefix("https://").rsplit(":", 1)
        raw = socket.create_connection((host, int(port)))
        with context.wrap_socket(raw, server_hostname=host) as secured:
            protocol = ClientProtocol(parse_uri(stream_url(server.url, {"max_lead_s": 0})))
            protocol.send_request(protocol.connect())
            secured.sendall(b"".join(protocol.data_to_send()))
            protocol.receive_data(secured.recv(KIB))
            protocol.send_text(json.dumps({"text": sentence(400), "end": True}).encode())
            secured.sendall(b"".join(protocol.data_to_send()))
            assert handed_over(server, context) < 4.0  # it was 8 to 12


def handed_over(server: Server, context: ssl.SSLContext) -> float:
    """The seconds of audio that were sent when no more are."""
    sent = -1.0
    while True:
        with urlopen(f"{server.url}/v1/stats", context=context) as answer:
            before, sent = sent, float(json.load(answer)["audio_s"])
        if sent == before > 0:
            return sent
        time.sleep(0.3)


def test_who_does_not_trust_the_certificate_does_not_connect(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = issue(authority, tmp_path)
    with running(tmp_path, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            shown(server, trustme.CA())
        assert shown(server, authority) in certificate.cert.read_text("ascii")


async def test_a_renewed_certificate_is_shown_after_a_sighup_and_a_broken_one_is_not(
    tmp_path: Path, authority: trustme.CA
) -> None:
    certificate = issue(authority, tmp_path)
    with running(tmp_path, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)) as server:
        before = shown(server, authority)
        issue(authority, tmp_path)
        os.kill(server.process.pid, signal.SIGHUP)
        await until(lambda: '"certificate renewed"' in server.log)
        after = shown(server, authority)
        assert after != before
        certificate.key.write_text("nothing")
        os.kill(server.process.pid, signal.SIGHUP)
        await until(lambda: '"certificate not renewed"' in server.log)
        assert str(certificate.key) in server.log
        assert shown(server, authority) == after


def refusal(certificate: Certificate) -> str:
    with pytest.raises(BadCertificateError) as refused:
        certificate.check()
    return str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = issue(authority, tmp_path)
    missing = tmp_path / "missing.pem"
    assert f"--tls-cert: cannot read {missing} (No such file" in refusal(Certificate(missing, certificate.key))
    assert f"--tls-key: cannot read {missing} (No such file" in refusal(Certificate(certificate.cert, missing))


def test_files_given_the_wrong_way_round_are_told_apart(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = issue(authority, tmp_path)
    assert f"{certificate.key} holds no certificate" in refusal(Certificate(certificate.key, certificate.cert))
    assert f"{certificate.cert} holds no private key" in refusal(Certificate(certificate.cert, certificate.cert))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    first, second = issue(authority, tmp_path / "first"), issue(authority, tmp_path / "second")
    assert f"{second.key} is not the key of {first.cert}" in refusal(Certificate(first.cert, second.key))


def test_half_a_file_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = issue(authority, tmp_path)
    whole = certificate.cert.read_text("ascii")
    certificate.cert.write_text(whole[: len(whole) // 3], "ascii")
    assert "are they whole?" in refusal(certificate)


def test_nobody_is_asked_for_a_passphrase(tmp_path: Path, authority: trustme.CA) -> None:
    certificate = issue(authority, tmp_path)
    locked = tmp_path / "locked.pem"
    lock = ["openssl", "pkey", "-aes256", "-passout", "pass:secret", "-in", str(certificate.key), "-out", str(locked)]
    subprocess.run(lock, check=True, capture_output=True)
    assert f"{locked} has a passphrase" in refusal(Certificate(certificate.cert, locked))


@pytest.mark.parametrize(("given", "missing"), [("--tls-cert", "--tls-key"), ("--tls-key", "--tls-cert")])
def test_one_without_the_other_is_told_in_a_line(given: str, missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", given, "some.pem"]) == 2
    assert f"give {missing} too" in capsys.readouterr().err


def test_a_bad_certificate_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", "--tls-cert", str(tmp_path / "a"), "--tls-key", str(tmp_path / "b")]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"voice-server: --tls-cert: cannot read {tmp_path / 'a'}")
