"""The punctuation of all scripts we read, by what it does."""

SENTENCE_ENDS = ".!?…。！？।॥۔؟።။។"
CLAUSE_ENDS = ",;:—―–，、；：،؛၊"
OPENERS = "\"'“‘«‹([{*_`~「『（【《〈｛［¿¡"
CLOSERS = "\"'”’»›)]}*_`~」』）】》〉｝］"
"""What may stand around a token, outside its own punctuation."""

STOPS = "।॥۔؟؛،。！？、，；：።၊။។"
"""Marks of scripts that need no white space after them: they end a token by themselves."""
DASHES = "—―"
"""Marks that end a token between two words."""

APOSTROPHES = "'’"
MINUSES = "-−"
CURRENCIES = "$€£¥₹"
SIGNS = "&+=@%×÷±≈"
"""Signs that stand for words."""

SMALL_KANA = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー々ゝゞヽヾﾞﾟ"
"""Kana that belong to the one before."""
VOWELS_BEFORE = "เแโใไເແໂໃໄ"
"""Vowels that are written before their consonant."""

MASK = "\u2060"
"""Stands where markup stood inside a line: there is nothing to read, and a word goes on across it (WORD JOINER)."""
BREAK = "\u2029"
"""White space that ends a block, and so at least a sentence (PARAGRAPH SEPARATOR)."""
CUT = "\u2028"
"""White space that ends a piece, always (LINE SEPARATOR)."""

NUMERALS = (
    "\u00b2\u00b3\u00b9\u00bc-\u00be\u09f4-\u09f9\u0bf0-\u0bf2\u0d70-\u0d78\u2070-\u2079\u2080-\u2089\u2150-\u2189"
)
"""Numbers that are no decimal digits, in the same form: superscripts, fractions."""
VOWEL_SIGNS = "\u0300-\u036f\u064b-\u065f\u0670\u200c\u200d" + "".join(
    f"{chr(block)}-{chr(block + 3)}{chr(block + 0x3A)}-{chr(block + 0x4F)}{chr(block + 0x51)}-{chr(block + 0x57)}"
    f"{chr(block + 0x62)}-{chr(block + 0x63)}{chr(block + 0x70)}-{chr(block + 0x71)}"
    for block in range(0x900, 0xD80, 0x80)
)
"""Marks inside words, as the inside of a character class: a regular expression's `\\w` lacks them."""

WORD = rf"[^\W\d_{NUMERALS}](?:[^\W\d_{NUMERALS}]|[{VOWEL_SIGNS}])*"
"""Pattern of letters that follow each other."""
