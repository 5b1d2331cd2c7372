"""Short opinions, written by templates: one file for how it is done, one for each language."""

from rnnviz.tasks.opinions.chinese import CHINESE
from rnnviz.tasks.opinions.english import ENGLISH
from rnnviz.tasks.opinions.writing import Language, Opinion, told_by_a_word, write

LANGUAGES: dict[str, Language] = {"english": ENGLISH, "chinese": CHINESE}

__all__ = ["LANGUAGES", "Language", "Opinion", "told_by_a_word", "write"]
