"""What intake proposes, how sure it is, and what it tells the resident."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.governance.classify import CONDUCT, Route, propose
from gis.governance.rulebook import rulebook
from gis.matters import Label, MatterClass, NegativeItem, PublishedList, Urgency

BOOK = rulebook()
RULES = BOOK.in_force()
ITEMS = BOOK.default_list.items
STRINGS = Path(__file__).parents[3] / "maps" / "strings"
SENTENCES = {
    language: json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8"))
    for language in ("zh-CN", "en")
}


def said(proposal, language: str) -> list[str]:
    """The reasons as somebody reads them."""
    return [
        SENTENCES[language][one.key].format_map(one.filled(language)) for one in proposal.reasons
    ]


def keys(proposal) -> list[str]:
    return [one.key.removeprefix("reason.") for one in proposal.reasons]


# ---- by the words of the text -------------------------------------------------------------------

CERTAIN = [
    ("小区门口垃圾堆成山，没人清", "E0102"),
    ("垃圾桶满了没人倒", "C0103"),  # the longer word hides the shorter
    ("建筑垃圾堆在路边", "E0103"),
    ("滨河路18号附3楼下油烟", "E0601"),
    ("道路维修噪音太大", "E0301"),
    ("工地半夜施工吵得睡不着", "E0301"),
    ("有人在楼顶私搭乱建", "E0101"),
    ("人行道上有人摆摊卖菜", "E0502"),
    ("消防通道被车堵了", "E0504"),
    ("下雨天马路积水", "E0403"),
    ("路灯坏了好几天", "C0102"),
    ("公厕没有水", "C0104"),
    ("小区里树枝挡住三楼窗户，请修枝", "N01"),
    ("要求砍掉窗前的大树", "E0602"),  # felling needs a permission, pruning doesn't
    ("3幢楼道灯不亮", "N05"),
    ("楼道堆放杂物", "N08"),
    ("小区停车协商", "N09"),
    ("想请个保姆", "V01"),
    ("楼上漏水到我家", "V02"),
    ("老人行动不便需要帮扶", "V03"),
]


@pytest.mark.parametrize(("text", "category"), CERTAIN)
def test_words_that_mean_one_category_propose_it(text, category):
    proposal = propose(text, None, RULES)

    assert (proposal.route, proposal.category) == (Route.HANDLER, category)
    assert proposal.confident
    assert keys(proposal)[:2] == ["word", str(ITEMS[category].matter_class)]


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("餐馆垃圾乱倒，油烟也大", {"E0102", "E0601"}),
        ("修剪或砍伐这棵树", {"N01", "E0602"}),
        ("胜利花苑里的路灯不亮", {"C0102", "N05"}),  # the city's lamp or the compound's?
        ("电动车在楼道充电着火了", {"E0404", "N09"}),
    ],
)
def test_words_that_mean_several_categories_go_to_triage_with_all_of_them(text, categories):
    proposal = propose(text, None, RULES)

    assert (proposal.route, proposal.confident) == (Route.TRIAGE, False)
    assert proposal.item is None
    assert set(proposal.candidates) == categories


@pytest.mark.parametrize("text", ["", "   ", "你好", "社区卫生服务站几点开门", "河里有条鱼"])
def test_words_that_mean_nothing_known_go_to_triage(text):
    proposal = propose(text, None, RULES)

    assert (proposal.route, proposal.confident) == (Route.TRIAGE, False)
    assert keys(proposal) == ["nothing_found"]


@given(st.text(max_size=60), st.sampled_from([None, *ITEMS, "X99", CONDUCT]))
def test_whatever_is_written_nothing_uncertain_reaches_a_handler(text, category):
    proposal = propose(text, category, RULES)

    assert proposal.confident or proposal.route is not Route.HANDLER
    assert (proposal.item is not None and proposal.confident) == (proposal.route is Route.HANDLER)
    assert proposal.reasons
    assert all(said(proposal, language) for language in SENTENCES)
    assert not proposal.auto


# ---- by the category given ----------------------------------------------------------------------


@pytest.mark.parametrize("category", list(ITEMS))
def test_a_given_category_proposes_what_the_list_says(category):
    proposal = propose("", category, RULES)

    assert proposal.item == ITEMS[category]
    assert (proposal.route, proposal.confident) == (Route.HANDLER, True)
    assert proposal.handler == ITEMS[category].handler
    assert proposal.urgency is ITEMS[category].urgency


def test_a_given_category_stands_when_the_text_speaks_of_it_among_others():
    assert propose("餐馆垃圾乱倒，油烟也大", "E0601", RULES).route is Route.HANDLER


def test_a_text_that_speaks_of_other_categories_only_makes_the_given_one_unsure():
    proposal = propose("楼下油烟太大", "C0102", RULES)

    assert (proposal.route, proposal.confident) == (Route.TRIAGE, False)
    assert proposal.candidates == ("C0102", "E0601")
    assert keys(proposal) == ["category_given", "text_says_otherwise"]


def test_a_category_nobody_knows_goes_to_triage():
    proposal = propose("楼下油烟太大", "X99", RULES)

    assert (proposal.route, keys(proposal)) == (Route.TRIAGE, ["category_unknown"])


def test_a_category_that_no_list_names_goes_to_triage():
    proposal = propose("", "N01", replace(RULES, lists=()))

    assert (proposal.route, keys(proposal)) == (Route.TRIAGE, ["category_given", "not_on_a_list"])


# ---- lists and powers ---------------------------------------------------------------------------


def test_the_nearest_list_decides_and_is_named():
    own = replace(ITEMS["N01"], handler="property_company")
    community = PublishedList(Label("河滨社区清单", "the list of Hebin"), {"N01": own})

    proposal = propose("请修枝", None, BOOK.in_force([community]))

    assert proposal.handler == "property_company"
    assert "河滨社区清单" in said(proposal, "zh-CN")[1]
    assert "the list of Hebin" in said(proposal, "en")[1]


def test_a_category_of_a_negative_list_never_gets_a_body_of_self_government():
    own = replace(
        ITEMS["E0601"], matter_class=MatterClass.MINOR, handler="committee", community_can_act=True
    )
    community = PublishedList(Label("河滨社区清单"), {"E0601": own})

    proposal = propose("油烟", None, BOOK.in_force([community]))

    assert (proposal.route, proposal.confident) == (Route.TRIAGE, False)
    assert keys(proposal) == ["word", "negative"]


def test_negative_lists_add_up():
    entry = NegativeItem(Label("本区另定"), frozenset({"N01"}))

    assert propose("请修枝", None, BOOK.in_force(negative=[entry])).route is Route.TRIAGE


def test_only_items_approved_for_it_are_dispatched_without_confirmation():
    approved = PublishedList(Label("示例区清单"), {"C0102": replace(ITEMS["C0102"], auto=True)})
    rules = BOOK.in_force([approved])

    assert propose("", "C0102", rules).auto
    assert propose("路灯坏了，垃圾也没人收", "C0102", rules).auto
    assert not propose("路灯坏了", None, rules).auto  # words alone are no confirmation
    assert not propose("楼下油烟", "C0102", rules).auto


# ---- urgency ------------------------------------------------------------------------------------


def test_words_of_danger_raise_the_urgency_and_nothing_lowers_it():
    assert propose("路灯漏电", None, RULES).urgency is Urgency.URGENT
    assert propose("路灯漏电，有人触电", None, RULES).urgency is Urgency.CRITICAL
    assert propose("井盖没了", None, RULES).urgency is Urgency.URGENT
    assert propose("有人触电", None, RULES).urgency is Urgency.CRITICAL
    assert propose("起火了", "E0404", RULES).urgency is Urgency.CRITICAL
    assert propose("高空坠物，起火", "E0404", RULES).urgency is Urgency.CRITICAL


def test_a_raised_urgency_is_explained():
    assert "漏电" in said(propose("路灯漏电", None, RULES), "zh-CN")[-1]
    assert "119" in said(propose("有人触电", None, RULES), "zh-CN")[-1]


# ---- what the resident reads --------------------------------------------------------------------


def test_the_reason_is_told_in_both_languages():
    proposal = propose("滨河路18号附3楼下油烟", None, RULES)

    assert said(proposal, "zh-CN") == [
        "文字里提到“油烟”，对应类别“餐饮油烟”。",
        "按默认清单，这是大事（公家事），由城市管理（综合执法）部门办理。",
    ]
    assert said(proposal, "en") == [
        "The text says “油烟”, which means the category “Cooking fumes”.",
        "By the default list this is a major matter, for the government: "
        "urban management and law enforcement.",
    ]


# ---- complaints about people --------------------------------------------------------------------


def test_a_complaint_about_a_member_is_none_of_the_three_classes():
    proposal = propose("网格员张某收费50元", None, RULES)

    assert proposal.route is Route.DISCIPLINE
    assert (proposal.item, proposal.matter_class, proposal.handler) == (None, None, None)
    assert proposal.about == ("grid_member",)


def test_a_complaint_about_people_comes_before_the_category_given():
    assert propose("网格员张某收费50元", "E0102", RULES).route is Route.DISCIPLINE


def test_a_clerk_who_names_it_a_complaint_is_believed():
    proposal = propose("他们乱来", CONDUCT, RULES)

    assert (proposal.route, proposal.confident) == (Route.DISCIPLINE, True)
    assert not propose("网格员张某收费50元", None, RULES).confident
