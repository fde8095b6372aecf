"""The certificate a server shows: looked at before it starts, and read again when it has been renewed."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path


class BadCertificateError(Exception):
    """A certificate or its key cannot be used: names the file, and the remedy."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files: the certificate, with those between it and its root after it, and its private key."""

    cert: Path
    key: Path

    def check(self) -> None:
        """Raise BadCertificateError if a server could not show it."""
        if "-----BEGIN CERTIFICATE-----" not in _read("--tls-cert", self.cert):
            raise BadCertificateError(
                f"--tls-cert: {self.cert} holds no certificate: it must be PEM, as fullchain.pem is"
            )
        key = _read("--tls-key", self.key)
        if "PRIVATE KEY-----" not in key:
            raise BadCertificateError(f"--tls-key: {self.key} holds no private key: it must be PEM, as privkey.pem is")
        if "ENCRYPTED" in key:
            remedy = f"write it without one: openssl pkey -in {self.key} -out plain.pem"
            raise BadCertificateError(f"--tls-key: {self.key} has a passphrase, which nobody could type: {remedy}")
        self.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    def load_into(self, context: ssl.SSLContext) -> None:
        """Have a context show it from now on; connections that are open stay. Raises BadCertificateError."""
        try:
            context.load_cert_chain(self.cert, self.key, password="")  # else it would ask the terminal for one
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                message = f"--tls-key: {self.key} is not the key of {self.cert}: give the two that were made together"
            else:
                message = f"--tls-cert: {self.cert} with {self.key} cannot be used ({error.reason}): are they whole?"
            raise BadCertificateError(message) from None
        except OSError as error:
            raise BadCertificateError(f"--tls-cert: {error.filename or self.cert}: {error.strerror}") from None


def make_certificate(folder: Path, host: str) -> None:
    """Make a certificate for this machine, and the authority that signs it, unless the folder has them: for trying.

    The folder then holds `ca.pem`, which clients have to be told to trust, `cert.pem` and `key.pem`.
    Raises BadCertificateError.
    """
    if (folder / "cert.pem").is_file() and (folder / "key.pem").is_file():
        return
    try:
        import trustme
    except ImportError:
        remedy = "pip install 'voice-server[tls]', or give --tls-cert and --tls-key"
        raise BadCertificateError(f"--tls-self-signed needs trustme: {remedy}") from None
    names = dict.fromkeys(("localhost", "127.0.0.1", "::1", host))
    authority = trustme.CA()
    made = authority.issue_cert(*(name for name in names if name not in ("0.0.0.0", "::")))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "ca.pem", authority.cert_pem.bytes())
        _write(folder / "cert.pem", b"".join(blob.bytes() for blob in made.cert_chain_pems))
        _write(folder / "key.pem", made.private_key_pem.bytes())
    except OSError as error:
        raise BadCertificateError(f"--tls-self-signed: cannot write into {folder} ({error.strerror})") from None


def _write(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _read(option: str, path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError as error:
        message = f"{option}: cannot read {path} ({error.strerror}): does it exist, and may this user read it?"
        raise BadCertificateError(message) from None
