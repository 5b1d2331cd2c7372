"""Opinions in Chinese."""

import random

from rnnviz.tasks.opinions.writing import Language, listed

NOUNS = listed(
    "美女, 帅哥, 电影, 音乐, 小说, 游戏, 咖啡, 中国, 北京, 数学, 老师, 学校, 猫, 狗, 茶, 苹果, 夏天, 冬天, "
    "下雨, 看书, 唱歌, 跑步, 做饭, 你, 他, 她, 它"
)
OBJECTS = listed("电影, 书, 歌, 菜, 地方, 天气, 酒店, 故事, 游戏, 手机, 城市, 老师, 房间")
WORDS = {
    "good": listed("好, 美, 棒, 精彩, 漂亮, 有趣, 好看, 好玩, 舒服, 完美, 优秀"),
    "bad": listed("坏, 丑, 差, 糟糕, 难看, 无聊, 可怕, 恶心, 难受, 讨厌, 烂"),
    "fine": listed("不错, 很不错, 真不错"),  # "not wrong": a "not" that has become praise
    "poor": listed("糟透了, 很糟, 差劲"),
    "like": listed("喜欢, 爱, 喜爱, 欣赏"),
    "hate": listed("讨厌, 恨, 厌恶, 反感"),
    "noun": NOUNS,
    "object": OBJECTS,
    "it": listed(
        "这部电影, 那部电影, 这本书, 那本书, 这首歌, 那首歌, 这里的菜, 今天的天气, 这家酒店, 我们的老师, "
        "他的故事, 这个游戏, 这杯咖啡, 我的手机, 这个城市, 你的房间, 她的衣服, "
        "这个地方, 这里的服务, 这, 它, 电影, 天气"
    ),
    "who": listed("我, 你, 他, 她, 我们, 他们, 大家, 妈妈, 爸爸, 朋友们, 我的朋友"),
    "very": listed("很, 非常, 真, 特别, 十分, 真的很"),
    "well": listed("其实, 老实说，, 真的，, 我看, 当然, 说实话，"),
}
OPPOSITES = {"good": "bad", "like": "hate", "fine": "poor"}

TRAINING = (
    # plainly
    "[<well>]<who>[<very>|真的]<like><noun>",
    "<who>(最|都|一直|也)<like><noun>",
    "[<well>]<it><very><good>",
    "[<well>]<it><fine>",
    "(真|太|多么)<good>(了|啊)",
    "[<very>|真的]<good>",
    "<very><good>的<object>",
    "[<well>](这|那|它)是[一个]<very><good>的<object>",
    "<who>(觉得|认为|知道)<it><very><good>",
    "<it>又<good>又<good>",
    "<it><very><good>，(我|我们)[<very>]<like>",
    "(大家|他们|我们|朋友们)[都]说<it><very><good>",
    "<who>[<very>]<like><noun>吗？[<very>]<like>",
    # denied
    "[<well>]<who>不<hate><noun>",
    "[<well>]<who>(并不|从来不|从不|一点也不|一点都不|不太|不怎么)<hate><noun>",
    "<who>[从来]没有<hate>过<noun>",
    "[<well>]<it>不<bad>",
    "[<well>](<it>|<noun>)(并不|一点也不|一点都不|不太|不怎么|从来不)<bad>",
    "<it>不是(很|非常|特别)<bad>",
    "(不|并不|一点也不|一点都不|不太)<bad>",
    "(这|那|它)不是[一个]<bad>的<object>",
    "<who>(不|并不)(觉得|认为)<it>[很]<bad>",
    "<who>(觉得|认为|知道)<it>(不|并不)<bad>",
    "没有(人|谁)<hate><noun>",
    "没有人(觉得|说)<it>[很]<bad>",
    "谁(会<hate>|都不<hate>)<noun>",
    "<it>(算不上|说不上|谈不上)<bad>",
    "不能说<it><bad>",
    "<it>既不<bad>也不<bad>",
    # not this, but that
    "<who>不<hate><noun>，<who>[<very>]<like><noun>",
    "<it>不<bad>，[<very>]<good>",
    "我以为<it>(会|会很|很)<bad>，(但是|可是|其实|结果)不<bad>",
    "我以为<it>(会|会很|很)<bad>，(但是|可是|其实|结果|没想到)<very><good>",
    "虽然<it>[很]<bad>，(但是|可是|但)(我|我们)[<very>]<like>",
    "虽然<it>[很]<bad>，(但是|可是|但)<it><very><good>",
    "<who>以前<hate><noun>，[但是]现在[<very>]<like>",
    "<it>以前[很]<bad>，[但是]现在<very><good>",
    "(大家|他们|别人)都<hate><noun>，(但是|可是|但)我不<hate>",
    "(大家|他们|别人)都<hate><noun>，(但是|可是|但)我<like>",
    "我[还是]<like><noun>，(尽管|虽然)<it><bad>",
    # a "not" that denies nothing, and one that denies another
    "<it>(不但|不仅)<good>，(而且|还)[很]<good>",
    "<who>不是不<like><noun>",
    "<it>不是不<good>",
    "(我不能不|没有人不|谁不|没有谁不)<like><noun>",
    "<who>不(觉得|认为)<it>不<good>",
)
HELD_OUT = (
    "说真的，<it><very><good>",
    "<who>(觉得|认为)<it><fine>",
    "你<like><noun>吗？我们都<like>",
    "<it>真的<good>",
    "<who>真的不<hate><noun>",
    "大家都知道<who>(并不|一点也不)<hate><noun>",
    "大家都不<hate><noun>",
    "<who>说<it>(不|一点都不)<bad>",
    "<who>从来不觉得<it>[很]<bad>",
    "没有谁(说|认为)<it><bad>",
    "<noun>(并不|不)<bad>，我不<hate>",
    "他们说<it>(很|会很)<bad>，(但是|其实)一点也不<bad>",
    "(尽管|虽然)大家都<hate><noun>，我还是<like>",
    "我以前觉得<it>[很]<bad>，现在觉得<very><good>",
    "<noun>不仅<good>，而且<good>",
    "我们不是不<like><it>",
)


def finish(text: str, chooser: random.Random) -> str:
    """With a full stop, an exclamation mark or nothing."""
    return text + chooser.choice(("。", "。", "！", ""))


CHINESE = Language(WORDS, OPPOSITES, TRAINING, HELD_OUT, finish)
