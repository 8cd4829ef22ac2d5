"""What people type and paste, read the same way everywhere: in the form, the grid, JSON, the admin.

`static/products/typed.js` does the same in the browser; `tests/products/typed.json` is the table of
cases that both are held to.

Numbers: of a mark it is its place that says what it is; no mark is ever just dropped. A mark with
one or two digits behind it is the decimal mark in every language. One with exactly three is what
the reader's language has it for. Whatever leaves a doubt is refused.
"""

import re
import unicodedata
from decimal import Decimal

from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

# The largest whole number that the columns of all databases hold.
LARGEST = 2_147_483_647
MOST_DIGITS = 8

# Shown as nothing, and not of the category of format characters.
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"
JOINERS = "\u200c\u200d"
BLANKS = re.compile(r"\s+")
CURRENCY_BEFORE = re.compile(r"(?:TL|TRY|EUR|USD|GBP)\b", re.IGNORECASE)
CURRENCY_BEHIND = re.compile(r"(?:TL|TRY|EUR|USD|GBP)$", re.IGNORECASE)
# The last point or comma, and the digits behind it.
LAST_MARK = re.compile(r"(.*)([.,])([0-9]*)")
GROUPED = re.compile(r"[1-9][0-9]{0,2}([.,' ])[0-9]{3}(?:\1[0-9]{3})*")
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Tabs and line breaks are what prose may have.
CONTROL_IN_PROSE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


# --- Texts -----------------------------------------------------------------------------------


def line(text: str) -> str:
    """A name or an alt text: one line without what nobody sees; in composed characters (NFC).

    Joiners stay between two letters or emoji, where they change what is seen.
    """
    return _in_one_line(text, keep=JOINERS)


def code(text: str) -> str:
    """A SKU: the same, without joiners. What looks alike and is the same letters becomes equal."""
    return _in_one_line(text, keep="")


def prose(text: str) -> str:
    """A description: composed characters, no control characters, no overrides of the direction."""
    text = CONTROL_IN_PROSE.sub("", text.replace("\r\n", "\n"))
    return unicodedata.normalize("NFC", OVERRIDES.sub("", text))


def isolated(text: object) -> str:
    """What a person wrote, for a sentence: its direction stays its own (U+2068 to U+2069)."""
    shown = str(text)
    is_leftwards = any(unicodedata.bidirectional(each) in {"R", "AL"} for each in shown)
    return f"\u2068{shown}\u2069" if is_leftwards else shown


def _in_one_line(text: str, *, keep: str) -> str:
    blank = BLANKS.sub(" ", text)
    seen = "".join(each for each in blank if each in keep or not _is_invisible(each))
    joined = "".join(
        each
        for at, each in enumerate(seen)
        if each not in keep or _joins(seen[at - 1 : at], seen[at + 1 : at + 2])
    )
    return unicodedata.normalize("NFC", BLANKS.sub(" ", joined).strip())


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or bool(re.match(f"[{FILLERS}]", character))


def _joins(before: str, after: str) -> bool:
    """Whether a joiner stands between letters (with their marks) or emoji."""
    return _is_joined(before, ("L", "M", "So", "Sk")) and _is_joined(after, ("L", "So"))


def _is_joined(character: str, categories: tuple[str, ...]) -> bool:
    return bool(character) and unicodedata.category(character).startswith(categories)


# --- Numbers ---------------------------------------------------------------------------------


def price(text: str) -> Decimal:
    """A price with at most two decimal places, in the reader's language.

    Raises ValueError with a sentence.
    """
    whole, decimals = _parts(_without_currency(code(text)))
    if not whole or len(whole) > MOST_DIGITS or len(decimals) > 2:
        example = number_format(Decimal("12.50"), 2)
        raise ValueError(_("Enter a price such as %(example)s.") % {"example": example})
    return Decimal(f"{whole}.{decimals:0<2}")


def whole_number(text: str) -> int:
    """A whole number from 0 to LARGEST. Raises ValueError with a sentence."""
    whole, decimals = _parts(code(text))
    if not whole or decimals or len(whole) > len(str(LARGEST)) or int(whole) > LARGEST:
        most = number_format(LARGEST, force_grouping=True)
        raise ValueError(_("Enter a whole number from 0 to %(most)s.") % {"most": most})
    return int(whole)


def _without_currency(text: str) -> str:
    """Without one sign or name of a currency before it, and one behind it."""
    if unicodedata.category(text[:1] or " ") == "Sc":
        text = text[1:]
    if unicodedata.category(text[-1:] or " ") == "Sc":
        text = text[:-1]
    return CURRENCY_BEHIND.sub("", CURRENCY_BEFORE.sub("", text)).strip()


def _parts(text: str) -> tuple[str, str]:
    """The digits before and behind the decimal mark; the first is empty where it is no number."""
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    before, decimals = _at_decimal_mark(text)
    if decimals and not before:
        before = "0"
    if not (before.isascii() and before.isdigit()) and not GROUPED.fullmatch(before):
        return "", ""
    return re.sub("[^0-9]", "", before).lstrip("0") or "0", decimals


def _at_decimal_mark(text: str) -> tuple[str, str]:
    """Cut a number at its decimal mark, by the place of the mark and the reader's language."""
    found = LAST_MARK.fullmatch(text)
    if not found:
        return text, ""
    before, mark, behind = found.groups()
    if mark in before:
        # A decimal mark is there once; what is there twice groups thousands.
        return text, ""
    only_mark = before.isascii() and before.isdigit()
    if len(behind) == 3 and only_mark and mark == get_format("THOUSAND_SEPARATOR"):
        return text, ""
    return before, behind
