"""Tokens and numbers as people read them: every character leaves a mark, and no text is taken for markup."""

import html
import math
import unicodedata

_SPACES = {" ": "·", "\n": "↵", "\r": "␍", "\t": "⇥", "\u2028": "↵", "\u2029": "¶", "\x7f": "␡"}
_HIDDEN = ("Cf", "Cs", "Co", "Cn", "Cc")  # format, surrogate, private, unassigned, control: nothing to see
_SUBSCRIPTS = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
HIDDEN_SIGN = "▯"


def sign(token: str) -> str:
    """``token`` with a visible sign for each character that would leave no mark: ``·`` for a space, ``↵`` for
    a new line, ``␀`` for NUL, ``◌`` under a combining mark that stands alone, ``▯`` for what has no shape at
    all.
    """
    if not token:
        return "∅"
    marks = [_sign(char) for char in token]
    if unicodedata.combining(token[0]) or unicodedata.category(token[0]).startswith("M"):
        marks.insert(0, "◌")
    return "".join(marks)


def _sign(char: str) -> str:
    if char in _SPACES:
        return _SPACES[char]
    if ord(char) < 0x20:
        return chr(0x2400 + ord(char))
    category = unicodedata.category(char)
    if category == "Zs":
        return "␣"  # a space, but not the usual one
    return HIDDEN_SIGN if category in _HIDDEN else char


def prose(text: str) -> str:
    """``text`` inside a sentence: spaces stay, every other character that leaves no mark becomes its sign."""
    return "".join(char if char == " " else _sign(char) for char in text)


def quoted(token: str) -> str:
    """``token`` for a sentence: ``'e'``, ``'·'``; a sign that many share is named, ``'▯' U+200D zero width
    joiner``.

    Right-to-left letters are isolated, so that the sentence around them keeps its order.
    """
    shown = sign(token)
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in token):
        shown = f"\u2068{shown}\u2069"
    name = f" {code_point(token)}" if len(token) == 1 and shown in (HIDDEN_SIGN, "␣") else ""
    return f"'{shown}'{name}"


def code_point(char: str) -> str:
    """The number and the name of one character: ``U+00A0 no-break space``."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '').lower()}".rstrip()


def escaped(token: str) -> str:
    """The sign of ``token`` for a Plotly label, which reads ``<b>`` and ``&lt;`` as markup unless they are
    escaped.
    """
    return html.escape(sign(token), quote=False)


def number(value: float) -> str:
    """``value`` to three significant digits, with a true minus: ``0.0312``, ``−12.3``, ``1,230``,
    ``2.3×10⁻⁵``.
    """
    if math.isnan(value):
        return "nothing"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    exponent = int(f"{value:.2e}".rpartition("e")[2])
    if not -4 <= exponent < 6:
        digits = f"{value:.2e}".rpartition("e")[0].rstrip("0").rstrip(".")
        text = f"{digits}×10{str(exponent).translate(_SUPERSCRIPTS)}"
    elif exponent >= 3:
        text = f"{round(value, 2 - exponent):,.0f}"
    else:
        text = f"{value:.{2 - exponent}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def per_cent(probability: float) -> str:
    """A probability in per cent, as many digits as matter: ``83 %``, ``4.1 %``, ``< 0.1 %``."""
    share = 100 * probability
    if math.isnan(share):
        return "nothing"
    if 0 < share < 0.1:
        return "< 0.1 %"
    return f"{share:.1f} %" if share < 9.95 else f"{share:.0f} %"


def subscript(index: int) -> str:
    """12 -> ``₁₂``."""
    return str(index).translate(_SUBSCRIPTS)
