"""The certificate a server shows: looked at before it starts, and read again when it has been renewed."""

from __future__ import annotations

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


def _read(option: str, path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError as error:
        message = f"{option}: cannot read {path} ({error.strerror}): does it exist, and may this user read it?"
        raise BadCertificateError(message) from None
