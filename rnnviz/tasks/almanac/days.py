"""Which days there are, and which of them are held out."""

import random
import zlib
from datetime import date

FIRST, LAST = 1583, 2199
"""Years: from the first whole one of the Gregorian calendar to the end of the next century."""

RECENT = range(1950, 2050)
"""Years that two digits stand for, and that most dates are of."""

HELD_OUT = 10  # one of so many days


def held_out(day: date) -> bool:
    """Whether nothing is ever learned from a day, in whatever language or format.

    What numbers a string of digits may mean for day, month and year, and whichever century its two digits,
    they are the same three numbers: so these decide, and a string that can mean a day that is held out is
    never learned from as another one.
    """
    numbers = sorted((day.year % 100, day.month, day.day))
    return zlib.crc32(bytes(numbers)) % HELD_OUT == 0


def drawn(chooser: random.Random, recent: bool, unseen: bool) -> date:
    """A day by chance, of those that are held out (unseen) or of the others; recent: of those years."""
    first, last = (RECENT[0], RECENT[-1]) if recent else (FIRST, LAST)
    least, most = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()
    while True:
        day = date.fromordinal(chooser.randint(least, most))
        if held_out(day) == unseen:
            return day
