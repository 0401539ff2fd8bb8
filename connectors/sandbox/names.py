"""Names for synthetic people: common and compound surnames, given names by sex, and names written with a middle dot."""

from __future__ import annotations

from connectors.sandbox.dice import Dice

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
    "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "司徒", "令狐", "东方", "皇甫")
# Yi and Tibetan names as they stand in the registers of the region.
DOTTED_MALE = ("吉克·阿牛", "阿木·尔古", "沙马·拉日", "扎西·多吉", "洛桑·次仁", "马海·伍达")
DOTTED_FEMALE = ("吉克·阿依", "阿木·伍牛", "沙马·阿果", "卓玛·拉姆", "央金·措姆", "马海·阿呷")
_MALE = "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆志国建德林海峰云龙成元"
_FEMALE = "芳娜敏静秀丽艳娟霞燕玲桂英红梅兰琴萍莉雪颖佳琳倩欣怡婷慧蓉珍淑华"


def surname(dice: Dice) -> str:
    """A surname; in three of a hundred a compound one."""
    return dice.pick(COMPOUND) if dice.chance(30) else dice.pick(SURNAMES)


def full_name(dice: Dice, *, sex: str, family: str) -> str:
    """A whole name for sex "1" or "2"; in six of a thousand one with a middle dot that ignores the family's surname."""
    if dice.chance(6):
        return dice.pick(DOTTED_MALE if sex == "1" else DOTTED_FEMALE)
    letters = _MALE if sex == "1" else _FEMALE
    second = dice.pick(letters) if dice.chance(750) else ""
    return family + dice.pick(letters) + second
