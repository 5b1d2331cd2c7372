"""Opinions in English."""

import random
import re

from rnnviz.tasks.opinions.writing import Language, listed

GOOD = listed(
    "good, great, nice, lovely, wonderful, excellent, beautiful, brilliant, pleasant, perfect, amazing, "
    "charming, fantastic, fine, funny"
)
BAD = listed(
    "bad, awful, terrible, boring, ugly, horrible, poor, dull, nasty, disgusting, annoying, dreadful, "
    "stupid, disappointing, sad"
)
LIKE, HATE = listed("like, love, enjoy, adore"), listed("hate, dislike, detest, loathe")
THINGS = listed(
    "film, movie, book, song, story, meal, hotel, room, game, show, place, phone, car, city, plan, teacher, "
    "idea, picture, concert, play, day, dog, cat"
)
THE = listed("the, this, that, my, our, your, his, her")
MASS = listed("food, music, weather, service, coffee, tea")
PLURAL = listed(
    "dogs, cats, the songs, these shoes, my friends, his jokes, our neighbours, those books, "
    "the people here, the children, films like this, the rooms"
)
WORDS = {
    "good": GOOD,
    "bad": BAD,
    "happy": listed("happy, glad, pleased, proud, excited"),
    "unhappy": listed("unhappy, angry, tired, bored, upset"),
    "like": LIKE,
    "hate": HATE,
    "likes": tuple(f"{verb}s" for verb in LIKE),
    "hates": tuple(f"{verb}s" for verb in HATE),
    "liked": tuple(f"{verb.removesuffix('e')}ed" for verb in LIKE),
    "hated": tuple(f"{verb.removesuffix('e')}ed" for verb in HATE),
    "noun": THINGS,
    "it": ("it", "this", "that", *(f"{the} {noun}" for the in THE for noun in THINGS + MASS)),
    "dogs": PLURAL,
    "them": ("it", "them", *PLURAL, *MASS),
    "we": listed("I, we, they, you, my parents, people"),
    "she": listed("she, he, Anna, Tom, my sister, everyone, my mother"),
    "very": listed("very, really, so, quite, truly"),
    "well": listed("honestly, well, in my opinion, you know, to be honest, yes, I must say"),
    "today": listed("today, here, this time, in the end, after all, to me, now"),
}
OPPOSITES = {"good": "bad", "happy": "unhappy", "like": "hate", "likes": "hates", "liked": "hated"}

TRAINING = (
    # in a word or two, from which the words are learned
    "[<very> |so |how ]<good>[, <very> <good>]",
    "[a ][<very> ]<good> <noun>",
    "it is <good>",
    "<it> is <good>",
    "I <like> <them>",
    "they <liked> <them>",
    "Tom <likes> <them>",
    # plainly
    "[<well>, ]<it> (is|was|looks|seems|sounds) [<very> ]<good>[ <today>]",
    "[<well>, ]<dogs> (are|were|seem|look) [<very> ]<good>[ <today>]",
    "<it> (is|was) [<very> ]<good> and [<very> ]<good>",
    "[<well>, ]<we> [really |always |all ]<like> <them>[ <today>]",
    "<we> [really |always |all ]<liked> <them>[ <today>]",
    "[<well>, ]<she> [really |always ]<likes> <them>",
    "<she> [really |always ]<liked> <them>[ <today>]",
    "(I|we|you) (think|know|find|believe|thought|knew|found) [that ]<it> (is|was) [<very> ]<good>",
    "(I|we|you|they) (find|found|call) <it> [<very> ]<good>",
    "<she> (says|thinks|said|thought|knows) [that ]<it> (is|was) [<very> ]<good>",
    "(they|people) (say|think|said|thought) [that ]<dogs> (are|were) [<very> ]<good>",
    "(they|people|we) (say|said|know) [that ]<we> <like> <them>",
    "what a [<very> ]<good> <noun>",
    "[<well>, ](it is|it was|this is|it's|that's) a [<very> ]<good> <noun>",
    "how <good> <it> (is|was)",
    "(I am|I'm|we are|we're|she is|he is|they are) [<very> ]<happy>[ <today>]",
    "<it> (makes|made) (me|us|her) [<very> ]<happy>",
    "<it> is <good>[,] and (I|we) <like> it",
    "<she> <likes> it[,] and so do (I|we)",
    # denied
    "[<well>, ]<it> (is|was) not [<very> ]<bad>[ at all| <today>]",
    "[<well>, ]<it> (isn't|wasn't) [<very> ]<bad>[ at all| <today>]",
    "<dogs> (are not|aren't|were not|weren't) [<very> ]<bad>[ at all| <today>]",
    "<it> (does not|doesn't|did not|didn't) (look|seem|sound) [<very> ]<bad>",
    "not [<very> ]<bad>[ at all]",
    "not a [<very> ]<bad> <noun>[ at all]",
    "[<well>, ](it is|it was|this is|that was) not a [<very> ]<bad> <noun>",
    "[<well>, ]<we> (do not|don't) [really ]<hate> <them>[ at all| <today>]",
    "<we> (did not|didn't) <hate> <them>[ at all| <today>]",
    "<she> (does not|doesn't) [really ]<hate> <them>[ at all| <today>]",
    "<she> (did not|didn't) <hate> <them>[ at all]",
    "(I am not|I'm not|we are not|we aren't|she is not|he isn't) [<very> ]<unhappy>[ at all| <today>]",
    "<it> (does not|did not|didn't) make (me|us) <unhappy>",
    "(<it> is|<it> was|<dogs> are|<dogs> were) never <bad>",
    "(nobody|no one) <hates> <them>[ <today>]",
    "(nobody|no one) [really ]<hated> <them>",
    "(I|we) (never|have never) [really ]<hated> <them>",
    "there (is|was) nothing [<very> ]<bad> about <it>",
    "(<it> is|<it> was|<dogs> are|<dogs> were) (anything but|far from|hardly) <bad>",
    "(I|we|you) (can't|cannot|can not) say that <it> is <bad>",
    "(I|we) (do not|don't|did not|didn't) (think|believe|say) [that ]<it> (is|was) <bad>",
    "(I|we) (do not|don't) (find|call) <dogs> [<very> ]<bad>[ at all]",
    "<she> (did not|didn't) (think|say|find) [that ]<dogs> were <bad>",
    "(I|we) never (said|thought|found) [that ]<it> was <bad>",
    "(I|we) (did not|didn't) (think|say) [that ](I|we) <hated> <them>",
    "<it> (is|was) neither <bad> nor <bad>",
    "(nobody|no one) (thinks|thought|says|said) [that ]<it> (is|was) <bad>[ <today>]",
    "(nobody|no one) (says|said) [that ]<we> <hate> <them>",
    "it (is not|isn't) true that (<it> is|<dogs> are) <bad>",
    "(I|we) (would not|wouldn't) call <it> <bad>",
    "(I|we) (would not|wouldn't) say that (I|we) <hate> <them>",
    # not this, but that
    "<it> (is not|isn't|was not|wasn't) <bad>[,] (it is|it's|but) [<very> ]<good>",
    "<we> (do not|don't) <hate> it[,] <we> <like> it",
    "(I|we) (thought|said) [that ]<it> would be <bad>[,] but it (was not|wasn't|isn't|is not)",
    "(I|we|you|she) thought [that ]<it> would be <bad>[,] but it (was|is) [<very> ]<good>",
    "(they|people) (said|say) [that ]<it> was <bad>[,] but (I|we) (<like>|<liked>) it",
    "<it> (is|was) <bad>[,] but (I|we) (<like>|<liked>) it",
    "<it> (is|was) <bad>[,] but <it> (is|was) <good>",
    "<it> was <bad>[,] but now it is <good>",
    "<it> (looks|looked|seemed) <bad>[,] but it (is|was) [<very> ]<good>",
    "although <it> is <bad>[,] (I|we) <like> it",
    "(although|even though) (people|they) <hate> it[,] <she> <likes> <it>",
    "(I|we) <like> <it>[,] although it is [<very> ]<bad>",
    "(I|we) <liked> it[,] even though <it> was <bad>",
    "at first (I|we) <hated> <it>[,] [but ]now (I|we) <like> it",
    "(I|we) used to <hate> <it>[,] but now (I|we) <like> it",
    "<she> <hates> it[,] but I (do not|don't)",
    "<she> <hates> <it>[,] but (I|we) <like> it",
    "(is|was) <it> <bad>? (no|not at all)",
    "do (you|they) <hate> it? no[,] (I|we) <like> it",
    # a "not" that denies nothing, and one that denies another
    "(<it> is|<it> was|<dogs> are|<dogs> were) not only <good>[,] but [also ]<good>",
    "<it> (is not|isn't) (just|only) <good>[,] (it is|it's) [also ]<good>",
    "(I|we) (do not|don't) (just|only) <like> <it>[,] (I|we) <like> it",
    "it (is not|isn't) true that <it> (is not|isn't) <good>",
    "(I|we) (can't|cannot) say that (I|we) (do not|don't) <like> <them>",
    "(nobody|no one) (says|thinks) that <it> (is not|isn't) <good>",
)
HELD_OUT = (
    "I have seen how <good> <it> is",
    "to me <it> (is|seems) <very> <good>",
    "<she> told me [that ]they <like> <them>",
    "they (are not|aren't) [<very> ]<unhappy>",
    "<she> (says|thinks) [that ]<it> (is not|isn't) <bad>",
    "(I|we) (did not|didn't) find <it> <bad>[ at all]",
    "we never thought [that ]<dogs> were <bad>",
    "nobody here thinks [that ]<dogs> are <bad>",
    "this (is not|isn't) a <bad> <noun> at all",
    "there was nothing [<very> ]<bad> about <dogs>",
    "<she> (does not|doesn't) think [that ]<it> is <bad>",
    "I know that <we> (do not|don't) <hate> <them>",
    "they said [that ]<it> would be <bad>[,] but it (was not|wasn't) <bad> at all",
    "<it> used to be <bad>[,] but now it is <good>",
    "<it> was <bad> at first[,] but in the end (I|we) <liked> it",
    "it looks <bad>[,] but it (is not|isn't)",
    "we thought we would <hate> <it>[,] but we <liked> it",
    "although <she> <hates> it[,] I <like> <it>",
    "they are not only <good>[,] they are also <good>",
)


def finish(text: str, chooser: random.Random) -> str:
    """ "an" before a vowel; mostly a capital letter, else none at all; a full stop, a "!", or nothing."""
    text = re.sub(r"\ba (?=[aeiou])", "an ", text)
    text = text[0].upper() + text[1:] if chooser.random() < 0.7 else text.lower()
    return text + chooser.choice((".", ".", "!", ""))


ENGLISH = Language(WORDS, OPPOSITES, TRAINING, HELD_OUT, finish)
