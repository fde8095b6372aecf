"""What a careless reader of JSON, of an address or of a header stumbles over."""

from __future__ import annotations

import json
from random import Random

from voice_server.messages import Options

FIELDS = (
    *Options.model_fields,
    *("text", "context_id", "flush", "end", "cancel", "played_ms", "playback", "ping", "audio", "api_key", "ttl_s"),
    *("unheard_of", "__class__", "constructor", ""),
)
"""Of all requests and messages. `close` is missing: it ends a socket, and quite rightly."""

STRINGS = (
    *(
        "",
        " ",
        "a",
        "\0",
        "\n",
        "\r\nX-Injected: yes",
        "\ufeff",
        "\u202eabc",
        "\u0301" * 50,
        "\U0001f600" * 50,
        "\uffff",
    ),
    *("true", "null", "NaN", "-0", "1e999", "0x10", "١٢", "${jndi:ldap://a}", "{{7*7}}", "%s%n%x", "'; DROP TABLE a"),
    *("../" * 8 + "etc/passwd", "<speak>" * 20, "<" * 300, "[" * 300, "`" * 300, "*" * 300, "a" * 5000, "1" * 400),
    *("[laugh]" * 50, "tone", "espeak", "pcm_s16le", "opus", "hi", "en-us", "Ω≈ç√", "\ud800", "\udfff\ud800", "\udc80"),
)

NUMBERS = (
    *("0", "-0", "-1", "1", "20", "48000", "2147483648", "-2147483649", "4294967296", "9223372036854775808"),
    *("18446744073709551616", "0.1", "-0.5", "5e-324", "1.7976931348623157e308", "1e309", "-1e309", "1e-400"),
    *("NaN", "Infinity", "-Infinity", "9" * 400, "-" + "9" * 5000, "0." + "3" * 400),
)
"""As JSON, or what some take for it."""

BROKEN = (
    *("{", "{}", '{"', '{"text"', '{"text":', '{"text":}', '{"text":"a"', '{"text":"a",}', "{'text':'a'}", "{text:1}"),
    *('{"text":"\0"}', '{"text":"\\u12"}', '{"text":"\\x41"}', '{"text":"\n"}', "{} {}", '{"end":true}}', "{[}]"),
    *('{"text":"a" /* b */}', '{"text":"\\ud800"}', '{"end":True}', '{"end":truee}', '{"text":+1}', '{"text":01}'),
    *('{"text":.5}', '{"a":1 "b":2}', '{"text":"a","text":5,"text":null}', "{1:2}", '{"text":"a";}', '{"text"="a"}'),
)


def literal(random: Random, depth: int = 3) -> str:
    """Return the JSON of any value."""
    kind = random.randrange(9 if depth else 6)
    if kind < 2:
        return json.dumps(random.choice(STRINGS), ensure_ascii=random.random() < 0.5 or kind == 1)
    if kind < 4:
        return random.choice(NUMBERS)
    if kind < 6:
        return random.choice(("true", "false", "null"))
    inner = [literal(random, depth - 1) for _ in range(random.randrange(4))]
    if kind < 8:
        return f"[{','.join(inner)}]"
    return "{" + ",".join(f"{json.dumps(random.choice(FIELDS))}:{value}" for value in inner) + "}"


def document(random: Random) -> str:
    """Return a JSON object: fields that exist, and values that need not fit."""
    names = random.choices(FIELDS, k=random.randint(1, 5))
    return "{" + ",".join(f"{json.dumps(name)}:{literal(random)}" for name in names) + "}"


def bomb(random: Random) -> str:
    """Return an object that is large in one way or another: 10 to 500 kB."""
    size = random.choice((10_000, 100_000, 250_000))
    return random.choice(
        (
            '{"text":' + "[" * size,
            '{"text":' + '{"a":' * (size // 8) + "1" + "}" * (size // 8) + "}",
            '{"ping":' + "[" * 900 + "]" * 900 + "}",
            '{"seed":' + "9" * size + "}",
            '{"lexicon":"' + "a\\tb\\n" * (size // 8) + '"}',
            "{" + ",".join(f'"{at}":{at}' for at in range(size // 12)) + "}",
            '{"context_id":"' + "a" * size + '","text":"b"}',
            '{"text":"' + "\\ud83d" * (size // 8) + '","speed":"fast"}',
        )
    )


def message(random: Random) -> str:
    """Return what would be a JSON object, if somebody had taken care. It begins with a brace."""
    kind = random.random()
    if kind < 0.003:
        return bomb(random)
    if kind < 0.15:
        return random.choice(BROKEN)
    if kind < 0.6:
        return document(random)
    whole = document(random).encode("utf-8", "surrogatepass")
    return "{" + mutated(random, whole)[1:].decode("utf-8", "replace")


def mutated(random: Random, data: bytes) -> bytes:
    """Return some bytes with one to four accidents."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed) + 1)
        end = at + random.randint(1, 8)
        match random.randrange(5):
            case 0:
                changed[at:at] = random.randbytes(end - at)
            case 1:
                del changed[at:end]
            case 2:
                changed[at:at] = changed[at:end] * random.randint(1, 4)
            case 3:
                changed[at:end] = bytes(byte ^ (1 << random.randrange(8)) for byte in changed[at:end])
            case _:
                del changed[random.randint(len(changed) // 2, len(changed)) :]
    return bytes(changed)
