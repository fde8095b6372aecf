"""Exit status 0 if the server in this container would serve a new session: HTTP or HTTPS, by whichever it speaks."""

from __future__ import annotations

import ssl
import sys
from urllib.error import URLError
from urllib.request import urlopen

TIMEOUT_S = 1.5


def is_ready(port: int) -> bool:
    """Ask /readyz. The certificate is not looked at: it is made out to another name than 127.0.0.1."""
    unverified = ssl._create_unverified_context()
    for scheme in ("http", "https"):
        try:
            with urlopen(f"{scheme}://127.0.0.1:{port}/readyz", timeout=TIMEOUT_S, context=unverified) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            continue
    return False


if __name__ == "__main__":
    sys.exit(not is_ready(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
