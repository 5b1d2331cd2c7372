"""The languages that dates are written in, and what their writers do that no table of patterns has.

A pattern is Unicode's (UTS 35): y M d are numbers, twice as many letters two digits, MMM and EEE the short
names of month and weekday, MMMM and EEEE the long ones, '...' is as it stands. Two letters are our own: o is
the day's ordinal number, R the month in Roman numerals.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Language(NamedTuple):
    """locales: whose patterns and names Babel knows; habits: further patterns; unseen: a pattern that is
    never learned from.

    ordinals: what follows the number of a day, by its two digits ("01"), its last one, or "" for others;
    digits: its own ten, and an eleventh for ten where it counts (十一); native: patterns with these.
    """

    locales: tuple[str, ...]
    habits: tuple[str, ...]
    unseen: str
    ordinals: Mapping[str, str] = {}
    digits: str = ""
    native: tuple[str, ...] = ()


EVERYWHERE = ("y-MM-dd", "y/MM/dd", "y.MM.dd", "yMMdd")

_TH = {"1": "st", "2": "nd", "3": "rd", "11": "th", "12": "th", "13": "th", "": "th"}

LANGUAGES: Mapping[str, Language] = {
    "English": Language(
        ("en_US", "en_GB"),
        (
            "MMMM d y", "MMM d y", "d MMMM, y", "EEEE d MMMM y", "EEE MMM d y", "MMMM o, y", "o MMMM y",
            "o 'of' MMMM y", "'the' o 'of' MMMM, y", "EEEE, MMMM o, y", "EEEE 'the' o 'of' MMMM y",
            "MMM o, y", "d-MMM-y", "d-MMM-yy", "MMM-dd-y", "MM/dd/y", "MM/dd/yy", "d/M/y", "d/M/yy",
            "dd/MM/yy", "MM-dd-y", "dd-MM-y", "d.M.y", "dd.MM.y", "y, MMMM d", "y MMM d", "d MMM yy",
            "d MMM ''yy", "dd MMM y", "EEE dd MMM yy",
        ),
        "EEE, o MMM y",
        _TH,
    ),
    "German": Language(
        ("de", "de_AT"),
        ("'den' d. MMMM y", "EEEE, 'den' d. MMMM y", "d.M.yy", "EEE, dd.MM.y", "d MMMM y", "d/M/y",
         "'am' d.M.y"),
        "EEEE, d.M.y",
    ),
    "French": Language(
        ("fr",),
        ("o MMMM y", "'le' o MMMM y", "EEEE o MMMM y", "'le' EEEE o MMMM y", "d/M/y", "dd/MM/yy", "dd.MM.y",
         "dd-MM-y", "EEE o MMMM y"),
        "'le' o MMM y",
        {"01": "er", "": ""},
    ),
    "Spanish": Language(
        ("es", "es_MX"),
        ("d 'de' MMMM 'del' y", "'el' d 'de' MMMM 'de' y", "EEEE d 'de' MMMM 'de' y", "d MMMM y", "dd/MM/y",
         "d-MMM-y", "dd-MM-y", "o 'de' MMMM 'de' y", "d.M.y"),
        "EEEE d 'de' MMM 'del' y",
        {"01": ".º", "": ""},
    ),
    "Italian": Language(
        ("it",),
        ("o MMMM y", "'il' o MMMM y", "EEEE o MMMM y", "d/M/y", "dd.MM.y", "d-M-y", "d.M.yy", "EEE d MMMM y"),
        "EEEE 'il' o MMMM y",
        {"01": "º", "": ""},
    ),
    "Portuguese": Language(
        ("pt_BR", "pt_PT"),
        ("o 'de' MMMM 'de' y", "d MMM y", "d MMMM y", "d/M/y", "d-M-y", "'dia' d 'de' MMMM 'de' y",
         "dd.MM.y"),
        "EEEE, d MMM y",
        {"01": "º", "": ""},
    ),
    "Dutch": Language(
        ("nl",),
        ("EEEE, d MMMM y", "o MMMM y", "d/M/y", "d-M-yy", "dd.MM.y", "EEE d MMMM y", "'op' d MMMM y"),
        "EEEE o MMMM y",
        {"": "e"},
    ),
    "Swedish": Language(
        ("sv",),
        ("'den' d MMMM y", "'den' o MMMM y", "o MMMM y", "EEEE 'den' o MMMM y", "d/M y", "d/M/y", "d.M.y"),
        "EEEE 'den' d MMM y",
        {"1": ":a", "2": ":a", "11": ":e", "12": ":e", "": ":e"},
    ),
    "Danish": Language(
        ("da",),
        ("'den' d. MMMM y", "EEEE d. MMMM y", "d/M y", "d/M/y", "dd-MM-y", "d.M.y", "'d'. d. MMMM y"),
        "EEEE 'd'. d. MMMM y",
    ),
    "Norwegian": Language(
        ("nb",),
        ("'den' d. MMMM y", "EEEE d. MMMM y", "d/M y", "d/M/y", "dd/MM/y", "d.M.yy"),
        "EEEE 'den' d. MMMM y",
    ),
    "Finnish": Language(
        ("fi",),
        ("d.M.yy", "dd.MM.y", "EEEE d. MMMM y", "d/M/y"),
        "EEEE, d. MMMM y",
    ),
    "Polish": Language(
        ("pl",),
        ("d MMMM y 'r'.", "d R y", "d R y 'r'.", "dd.MM.y 'r'.", "dd.MM.y", "EEEE, d MMMM y 'r'.", "d/M/y"),
        "EEEE, d R y",
    ),
    "Czech": Language(
        ("cs",),
        ("d.M.y", "d. MMMM, y", "dd.MM.y", "d. R. y", "EEEE, d. MMMM y", "EEE d. MMMM y", "d/M/y"),
        "EEEE d. M. y",
    ),
    "Hungarian": Language(
        ("hu",),
        ("y. MMMM d", "y.MM.dd.", "y. M. d.", "y. R. d.", "y. MMMM d. EEEE"),
        "EEEE, y. MMMM d.",
    ),
    "Romanian": Language(
        ("ro",),
        ("o MMMM y", "d.M.y", "d/MM/y", "EEEE d MMMM y", "dd-MM-y", "'la' d MMMM y"),
        "EEE, o MMM y",
        {"01": " întâi", "": ""},
    ),
    "Russian": Language(
        ("ru",),
        ("d MMMM y", "d MMMM y 'года'", "o MMMM y 'года'", "EEEE, d MMMM y 'года'", "dd.MM.y 'г'.", "d.M.y",
         "dd.MM.yy", "d R y", "d/M/y", "EEE, d MMMM y"),
        "EEE, o MMMM y",
        {"": "-го"},
    ),
    "Ukrainian": Language(
        ("uk",),
        ("d MMMM y", "d MMMM y 'року'", "o MMMM y 'року'", "EEEE, d MMMM y 'року'", "dd.MM.y 'р'.", "d.M.y",
         "EEE, d MMMM y"),
        "EEE, o MMMM y",
        {"": "-го"},
    ),
    "Greek": Language(
        ("el",),
        ("EEEE, d MMMM y", "o MMMM y", "'στις' d MMMM y", "EEEE o MMMM y", "dd/MM/y", "d-M-y", "d.M.y"),
        "EEE, o MMMM y",
        {"": "η"},
    ),
    "Turkish": Language(
        ("tr",),
        ("d MMMM y, EEEE", "dd/MM/y", "d/M/y", "dd.MM.yy", "d MMM y EEEE", "d MMMM y EEE"),
        "EEEE, d MMMM y",
    ),
    "Arabic": Language(
        ("ar",),
        ("EEEE d MMMM y", "d MMMM، y", "dd/MM/y", "d-M-y", "يوم EEEE d MMMM y", "d MMMM y'م'"),
        "EEEE، d MMMM، y",
        {},
        "٠١٢٣٤٥٦٧٨٩",
        ("d MMMM y", "EEEE d MMMM y", "EEEE، d MMMM y", "d/M/y", "y/M/d"),
    ),
    "Hebrew": Language(
        ("he",),
        ("EEEE d בMMMM y", "ה-d בMMMM y", "EEEE, ה-d בMMMM y", "d MMMM y", "d/M/y", "dd/MM/y", "dd.MM.y"),
        "EEEE, d MMMM y",
    ),
    "Hindi": Language(
        ("hi",),
        ("d MMMM, y", "EEEE d MMMM y", "MMMM d, y", "dd/MM/y", "d-M-y", "dd.MM.y"),
        "EEEE, MMMM d, y",
        {},
        "०१२३४५६७८९",
        ("d MMMM y", "d MMM y", "EEEE, d MMMM y", "d/M/y"),
    ),
    "Thai": Language(
        ("th",),
        ("วันที่ d MMMM y", "EEEE d MMMM y", "EEEEที่ d MMMM y", "dd/MM/y", "d-M-y"),
        "EEEEที่ d MMM y",
    ),
    "Vietnamese": Language(
        ("vi",),
        ("'ngày' d 'tháng' M 'năm' y", "'ngày' d/M/y", "EEEE, 'ngày' d 'tháng' M 'năm' y",
         "d 'tháng' M 'năm' y", "d 'tháng' M, y", "dd/MM/y", "d-M-y"),
        "EEEE, 'ngày' d/M/y",
    ),
    "Indonesian": Language(
        ("id",),
        ("'tanggal' d MMMM y", "d/M/y", "d-M-y", "dd-MM-y", "EEEE d MMMM y", "EEE, d MMMM y"),
        "EEEE, 'tanggal' d MMMM y",
    ),
    "Chinese": Language(
        ("zh", "zh_Hant"),
        ("y年MM月dd日", "y年M月d号", "y年M月d日EEE", "y年M月d日（EEEE）", "y-M-d", "y.M.d",
         "EEEE，y年M月d日"),
        "y年M月d号EEEE",
        {},
        "〇一二三四五六七八九十",
        ("y年M月d日", "y年M月d日EEEE"),
    ),
    "Japanese": Language(
        ("ja",),
        ("y年MM月dd日", "y年M月d日（EEE）", "y年M月d日 EEEE", "y.M.d", "y-M-d"),
        "y年MM月dd日(EEEE)",
        {},
        "０１２３４５６７８９",
        ("y年M月d日", "y/M/d", "y年M月d日（EEE）"),
    ),
    "Korean": Language(
        ("ko",),
        ("y년M월d일", "y년 MM월 dd일", "y년 M월 d일(EEE)", "y년 M월 d일, EEEE", "y.M.d", "y-M-d",
         "y. MM. dd."),
        "EEEE, y년 M월 d일",
    ),
}  # fmt: skip
"""Those that dates are learned in, by their English names."""
