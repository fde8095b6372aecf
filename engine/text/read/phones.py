"""Numbers to dial or to type: digit by digit, in the groups in which they are written."""

from __future__ import annotations

import re

from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer
from engine.text.vocabulary import TYPED_CUES

_GROUP = re.compile(r"\+?\d{1,12}(?:[-.]\d{1,8})*")
_DIGITS = re.compile(r"\d+")
_HYPHENED = re.compile(r"\+?\d{1,5}(?:[-.]\d{1,8})+")
_SHAPES = frozenset({(3, 4), (5, 5), (3, 8), (4, 7), (5, 6), (4, 6), (3, 3, 4), (4, 3, 4), (3, 2, 4), (3, 3, 3)})
_THREE = re.compile(r"\d{3}")
_HEAD = re.compile(r"[1-9]\d{0,2}")
_CALLS = ("call", "dial")
_COPULAS = ("is", ":", "was")
_LONGEST_TYPED = 8
_MIN, _MAX = 9, 19
_LONGEST_CHAIN = 7


def phone(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `+91 98765 43210`, `(555) 123-4567`, `1-800-555-0199`, `4111 1111 1111 1111`."""
    groups: list[str] = []
    used = 0
    while at + used < len(chain.tokens) and used < _LONGEST_CHAIN:
        token = chain.tokens[at + used]
        inner = token.open[-1:] == "(" and token.close[:1] == ")"
        if (used and token.open and not inner) or not _GROUP.fullmatch(token.core):
            break
        groups += _DIGITS.findall(token.core)
        used += 1
        if token.close and not (inner and token.close == ")"):
            break
    if not used or not _is_dialled(chain, at, used, groups):
        return None
    spoken = [voice.digits(group) for group in groups]
    plus = voice.words.plus if chain.core(at).startswith("+") or chain.tokens[at].open.endswith("+") else ""
    words = ", ".join(group for group in spoken if group)
    return Reading(f"{plus} {words}".strip(), used, bare=True) if all(spoken) else None


def typed(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `OTP 482913`, `Your PIN is 4242`, `Call 911`: one by one."""
    core, before = chain.core(at), chain.before(at).lower()
    if before in _COPULAS and at > 1:
        before = chain.core(at - 2).lower()
    fits = 3 <= len(core) <= _LONGEST_TYPED if before in _CALLS else 4 <= len(core) <= _LONGEST_TYPED
    spoken = voice.digits(core) if fits and core.isdecimal() and before in TYPED_CUES else None
    return Reading(spoken) if spoken else None


def grouped(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `1 000 000`: a number whose groups are parted by spaces."""
    groups = [chain.core(at)]
    while _THREE.fullmatch(chain.after(at + len(groups) - 1)):
        groups.append(chain.after(at + len(groups) - 1))
    if len(groups) < 2 or not _HEAD.fullmatch(groups[0]) or not any(group[0] == "0" for group in groups[1:]):
        return None
    spoken = voice.cardinal(int("".join(groups)))
    return Reading(spoken, len(groups)) if spoken else None


def _is_dialled(chain: Chain, at: int, used: int, groups: list[str]) -> bool:
    total = sum(map(len, groups))
    first = chain.core(at)
    if used == 1:
        return _is_one_token(first, groups, total)
    bracketed = chain.tokens[at].open[-1:] == "("
    if first.startswith("+") or bracketed:
        return total >= _MIN - 2 * bracketed
    return _MIN <= total <= _MAX and all(3 <= len(group) <= 5 for group in groups) and (used > 2 or total >= 10)


def _is_one_token(core: str, groups: list[str], total: int) -> bool:
    if not _HYPHENED.fullmatch(core):
        return core[:1] == "+" and len(groups) == 1 and total >= _MIN
    sizes = tuple(map(len, groups))
    if core[0] == "+":
        return total >= _MIN
    if len(groups) == 2 and ("." in core or all(group.endswith("0") for group in groups)):
        return False  # 500-1000 is a range
    if sizes == (5, 5):
        return core[0] in "6789"
    if sizes in _SHAPES or (sizes[0] == 1 and sizes[1:] in _SHAPES):
        return "." not in core or len(groups) > 2
    return len(groups) > 2 and total >= _MIN and "." not in core
