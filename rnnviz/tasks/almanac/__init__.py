"""Dates as people write them, in many languages: one file for the days, one for the languages, one for how a
day is written, one for what a string can mean, one for why it means nothing.
"""

from rnnviz.tasks.almanac.days import FIRST, LAST, RECENT, drawn, held_out
from rnnviz.tasks.almanac.forms import Form, bares, forms_of, plain, unseen
from rnnviz.tasks.almanac.languages import LANGUAGES
from rnnviz.tasks.almanac.meaning import everything, folded, meanings
from rnnviz.tasks.almanac.remarks import remark

__all__ = [
    "FIRST", "LANGUAGES", "LAST", "RECENT", "Form", "bares", "drawn", "everything", "folded", "forms_of",
    "held_out", "meanings", "plain", "remark", "unseen",
]  # fmt: skip
