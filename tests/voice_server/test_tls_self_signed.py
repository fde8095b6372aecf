"""A certificate made here, for trying clients that speak TLS only."""

from __future__ import annotations

import ssl
import stat
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.voice_server.serving import running
from voice_server.cli import main
from voice_server.config import Settings
from voice_server.tls import BadCertificateError, Certificate, make_certificate


def test_who_trusts_the_authority_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    with running(tmp_path, "--tls-self-signed", str(folder)) as server:
        assert server.url.startswith("https://")
        for name in ("127.0.0.1", "localhost"):
            trusting = ssl.create_default_context(cafile=folder / "ca.pem")
            with urlopen(server.url.replace("127.0.0.1", name) + "/readyz", context=trusting, timeout=20) as response:
                assert response.status == 200
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            urlopen(f"{server.url}/readyz", timeout=20)


def test_a_certificate_that_is_there_is_kept(tmp_path: Path) -> None:
    make_certificate(tmp_path, "0.0.0.0")
    before = (tmp_path / "cert.pem").read_bytes()
    make_certificate(tmp_path, "127.0.0.1")
    assert (tmp_path / "cert.pem").read_bytes() == before
    Certificate(tmp_path / "cert.pem", tmp_path / "key.pem").check()
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(BadCertificateError, match=r"pip install 'voice-server\[tls\]'"):
        make_certificate(tmp_path / "tls", "127.0.0.1")


def test_a_folder_that_cannot_be_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["serve", "--tls-self-signed", str(tmp_path / "file/tls")]) != 0
    assert "--tls-self-signed: cannot write into" in capsys.readouterr().err


def test_one_certificate_is_enough(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a certificate is given already"):
        Settings(tls_self_signed=tmp_path, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem")
