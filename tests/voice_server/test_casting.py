import pytest

from engine.text.lexicon import Lexicon
from engine.types import EngineInfo, Voice
from voice_server.casting import cast, lexicon_of, recast
from voice_server.errors import UnknownVoice
from voice_server.messages import Options

INFO = EngineInfo(
    "test",
    48000,
    "en-us",
    (Voice("en-gb", "British", "en-gb"), Voice("en-us", "American", "en-us"), Voice("hi", "Hindi", "hi")),
    variants=("f3",),
)


@pytest.mark.parametrize(
    ("voice", "language", "expected"),
    [
        ("", "", ("en-us", "en-us")),
        ("hi", "", ("hi", "hi")),
        ("en-gb+f3", "", ("en-gb+f3", "en-gb")),
        ("", "hi", ("hi", "hi")),
        ("", "hi-IN", ("hi", "hi-IN")),
        ("", "en", ("en-us", "en")),
        ("", "en-GB", ("en-gb", "en-GB")),
        ("", "en_GB", ("en-gb", "en_GB")),
        ("", "en-au", ("en-us", "en-au")),
        ("en-gb", "hi", ("en-gb", "hi")),
    ],
)
def test_voice_and_language_settle_each_other(voice: str, language: str, expected: tuple[str, str]) -> None:
    assert cast(Options(voice=voice, language=language), INFO) == expected


@pytest.mark.parametrize("voice", ["nobody", "HI", "en-us+", "en-us+robot", "+f3", "hi "])
def test_a_voice_the_engine_does_not_have_is_refused_by_name(voice: str) -> None:
    with pytest.raises(UnknownVoice, match="/v1/voices") as refused:
        cast(Options(voice=voice), INFO)
    assert refused.value.field == "voice"
    assert repr(voice) in refused.value.message


def test_a_language_nobody_speaks_is_read_by_the_engines_own_voice() -> None:
    assert cast(Options(language="tlh"), INFO) == (INFO.default_voice, "tlh")


def test_a_default_voice_the_engine_does_not_have_is_a_wrong_voice() -> None:
    with pytest.raises(UnknownVoice, match="'gone'"):
        cast(Options(), EngineInfo("test", 48000, "gone", INFO.voices))


def test_an_utterances_lexicon_stands_over_the_servers_own() -> None:
    house = Lexicon.parse("one = uno\ntwo = due")
    both = lexicon_of(Options(lexicon="two = deux"), house)
    found = [both.match([word], 0, "en") for word in ("one", "two")]
    assert [match.text for match in found if match] == ["uno", "deux"]
    assert lexicon_of(Options(), house) is house


VOICE_MAP = {"Rachel": "en-gb+f3", "alloy": "hi", "gone": "nobody", "en-gb": "en-us"}


@pytest.mark.parametrize(
    ("wanted", "voice"),
    [
        ("", ""),
        ("hi", "hi"),
        ("en-us+f3", "en-us+f3"),
        ("Rachel", "en-gb+f3"),
        ("ALLOY", "hi"),
        ("british", "en-gb"),
        ("HI", "hi"),
        ("en-gb", "en-us"),
    ],
)
def test_a_voice_may_go_by_other_names(wanted: str, voice: str) -> None:
    assert recast(Options(voice=wanted), INFO, VOICE_MAP) == (Options(voice=voice), None)


@pytest.mark.parametrize("wanted", ["21m00Tcm4TlvDq8ikWAM", "gone", "x" * 128, "new\nline", "naïve"])
@pytest.mark.parametrize(("language", "speaks"), [("", "en-us"), ("hi", "hi"), ("en-GB", "en-gb"), ("tlh", "en-us")])
def test_for_a_voice_nobody_has_whoever_speaks_the_language_does(wanted: str, language: str, speaks: str) -> None:
    options, warned = recast(Options(voice=wanted, language=language, speed=1.5), INFO, VOICE_MAP)
    assert cast(options, INFO)[0] == speaks
    assert options.speed == 1.5
    assert warned is not None
    assert (warned.code, warned.field) == ("unknown_voice", "voice")
    assert warned.message.isascii()
    assert warned.message.isprintable()
    assert repr(speaks) in warned.message
