"""What is asked and answered where a key is exchanged for a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from voice_server.forms import in_body
from voice_server.tokens import DEFAULT_S, LONGEST_S, SHORTEST_S, Token

MAX_BYTES = 4096
"""Of a request: there is little to say in it."""


class TokenRequest(BaseModel):
    """For how many seconds a token is to open."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    ttl_s: Annotated[int, Field(ge=SHORTEST_S, le=LONGEST_S)] = DEFAULT_S


TOKEN_FORM = in_body(TokenRequest)


def told(token: Token, now: float) -> dict[str, object]:
    """Return how a token is told, `now` in Unix seconds."""
    return {
        "token": token.text,
        "expires_at": datetime.fromtimestamp(token.expires_at, UTC).isoformat().replace("+00:00", "Z"),
        "expires_in_s": max(round(token.expires_at - now, 3), 0.0),
    }


TOKEN_EXAMPLE = told(Token("vt_...", 60), 0.5)
