"""A matter's life in the database, step by step, and what each one sees of it."""

from __future__ import annotations

from copy import copy

import pytest
from sqlalchemy import Connection, select

from gis.errors import BadInput, Conflict, NotAllowed, NotFound
from gis.governance.steps import Step
from gis.matters import Channel, ReturnReason
from gis.store.tables.matters import clock, matter, matter_event, matter_task, outbox
from tests.matter_town import Town, at


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> Town:
    return Town(ground)


@pytest.fixture
def town(built: Town, connection: Connection) -> Town:
    assert built.connection is connection  # what a test writes is taken back by it
    return copy(built)  # its clock goes on with what a test does


def due(town: Town, no: str, kind: str) -> str:
    """When the last clock of a kind is due, in Beijing."""
    found = town.connection.execute(
        select(clock.c.due_at)
        .join(matter, matter.c.id == clock.c.matter_id)
        .where(matter.c.no == no, clock.c.kind == kind)
        .order_by(clock.c.number.desc())
        .limit(1)
    ).scalar_one()
    return f"{found.astimezone(at('01-01 00:00').tzinfo):%a %d %b %H:%M}"


def row_of(town: Town, no: str):
    return town.connection.execute(select(matter).where(matter.c.no == no)).one()


def test_scenario_b_from_the_hotline_to_the_end(town: Town):
    no = town.arrives(
        "滨河路18号附3楼下油烟",
        "E0601",
        channel=Channel.HOTLINE,
        outer_no="12345-000123",
        due_at=at("10-13 18:00"),
        contact="13800000001",
    )
    town.takes("desk", no, Step.DISPATCH, at("09-30 17:00"), handler="market")
    town.takes(
        "market",
        no,
        Step.RETURN,
        at("09-30 17:20"),
        return_reason=ReturnReason.NOT_COMPETENT,
        counter_proposal="city",
    )
    assert town.sees("desk", no)[0].handler.code == "city", "proposed by the one that returned it"
    town.takes("desk", no, Step.DISPATCH, at("09-30 17:30"), handler="city")

    assert due(town, no, "acknowledge") == "Thu 08 Oct 10:30"
    assert due(town, no, "unit") == "Tue 13 Oct 18:00"
    assert due(town, no, "whole") == "Tue 13 Oct 18:00"
    hops = town.connection.execute(select(matter_task.c.hop).order_by(matter_task.c.hop))
    assert list(hops.scalars()) == [1, 2]

    with pytest.raises(BadInput, match="section_and_person"):
        town.takes("city", no, Step.ACKNOWLEDGE, at("10-08 09:00"))
    town.takes("section", no, Step.ACKNOWLEDGE, at("10-08 09:10"), section="三中队", person="王某")
    town.takes("city", no, Step.HANDLE, at("10-12 16:00"), result="已责令清洗油烟管道")
    with pytest.raises(NotAllowed, match="not_yours"):
        town.takes("section", no, Step.VERIFY, at("10-12 16:10"))
    town.takes("zhang", no, Step.VERIFY, at("10-12 20:00"))
    with pytest.raises(Conflict, match="all_replied"):
        town.takes("desk", no, Step.REPLY, at("10-13 09:00"))
    town.replies("desk", no, at("10-13 09:05"))
    town.takes("desk", no, Step.REPLY, at("10-13 09:10"))
    town.takes("desk", no, Step.CLOSE, at("10-13 09:20"))

    kept = row_of(town, no)
    assert (kept.state, kept.outer_no) == ("closed", "12345-000123")
    assert kept.closed_at == at("10-13 09:10"), "nobody waited any more from the reply on"
    assert due(town, no, "whole") == "Tue 13 Oct 18:00"

    row, story, steps = town.sees("market", no)
    assert (row.state, row.handler.code, row.due_at, row.version) == ("returned", "market", None, 0)
    assert [one.action for one in story.events][-2:] == ["dispatch", "return"]
    assert len(story.tasks) == 1
    assert story.clocks == steps == []
    assert all(one.reply == "" for one in story.reports)
    with pytest.raises(NotAllowed, match="not_yours"):
        town.takes("market", no, Step.REOPEN, reason="再看看")

    assert [one.action for one in town.sees("city", no)[1].events][-1] == "reply"


def test_every_step_leaves_one_event_one_version_and_one_line_for_the_outbox(town: Town):
    no = town.arrives("暴露垃圾", "E0102")
    before = row_of(town, no)
    told = len(town.connection.execute(select(outbox.c.id)).all())
    town.takes("desk", no, Step.DISPATCH, handler="city")
    town.takes("desk", no, Step.ESCALATE, reason="催办")
    town.takes("desk", no, Step.PAUSE, reason="等材料")

    seqs = town.connection.execute(
        select(matter_event.c.seq)
        .where(matter_event.c.matter_id == before.id)
        .order_by(matter_event.c.seq)
    )
    assert list(seqs.scalars()) == list(range(1, 7))
    assert row_of(town, no).version == before.version + 3
    assert len(town.connection.execute(select(outbox.c.id)).all()) == told + 3


def test_scenario_c_a_minor_matter_isnt_closed_without_its_appraisal(town: Town):
    no = town.arrives(
        "胜利花苑要修剪树枝", "N01", by="nobody", channel=Channel.QR, now=at("05-04 20:10")
    )
    town.takes("secretary", no, Step.DISPATCH, at("05-06 09:20"), handler="committee")
    town.takes("secretary", no, Step.ACKNOWLEDGE, at("05-06 10:00"))
    with pytest.raises(Conflict, match="resolved"):
        town.takes("secretary", no, Step.HANDLE, at("05-07 10:00"), result="修好了")
    town.takes("secretary", no, Step.DELIBERATE, at("05-10 10:00"), resolution="适度修枝")
    assert due(town, no, "unit") == "Wed 20 May 18:00"
    town.takes("secretary", no, Step.HANDLE, at("05-18 10:00"), result="已修枝")
    with pytest.raises(NotAllowed, match="other_person"):
        town.takes("secretary", no, Step.VERIFY, at("05-18 11:00"))
    town.takes("zhang", no, Step.VERIFY, at("05-18 12:00"))
    town.replies("clerk", no, at("05-19 09:00"))
    town.takes("clerk", no, Step.REPLY, at("05-19 09:10"))
    with pytest.raises(Conflict, match="appraised"):
        town.takes("clerk", no, Step.CLOSE, at("05-19 09:20"))
    blocked = [one for one in town.sees("clerk", no)[2] if one.step is Step.CLOSE]
    assert [word.key for word in blocked[0].blocked] == ["error.blocked.appraised"]
    town.takes("nobody", no, Step.APPRAISE, at("05-19 10:00"), appraisal="满意")
    town.takes("clerk", no, Step.CLOSE, at("05-19 10:10"))

    assert row_of(town, no).state == "closed"


def test_a_stale_version_is_told_and_changes_nothing(town: Town):
    no = town.arrives("暴露垃圾", "E0102")
    stale = town.version(no)
    town.takes("desk", no, Step.DISPATCH, handler="city")
    with pytest.raises(Conflict, match="matter_changed"):
        town.takes("desk", no, Step.CANCEL, reason="重复", version=stale)

    assert row_of(town, no).state == "dispatched"


def test_a_reporter_of_a_merged_matter_still_waits_for_the_own_reply(town: Town):
    first, second = (
        town.arrives("暴露垃圾", "E0102"),
        town.arrives("好多垃圾", "E0102", by="nobody"),
    )
    town.takes("desk", second, Step.MERGE, target=first)
    town.takes("desk", first, Step.DISPATCH, handler="city")
    town.takes("city", first, Step.ACKNOWLEDGE, section="一队", person="赵某")
    town.takes("city", first, Step.HANDLE, result="已清")
    town.takes("zhang", first, Step.VERIFY)
    reply = next(one for one in town.sees("desk", first)[2] if one.step is Step.REPLY)
    assert reply.blocked[0].values == {"count": 2}
    town.replies("desk", first)
    town.takes("desk", first, Step.REPLY)

    assert row_of(town, second).state == "merged"
    assert [one.reply for one in town.sees("nobody", second)[1].reports] == ["已处理"]
    assert row_of(town, second).closed_at is not None


def test_nothing_is_merged_into_itself_into_what_is_closed_or_into_what_isnt_seen(town: Town):
    first, other = town.arrives("暴露垃圾", "E0102"), town.arrives("垃圾", "E0102", grid="C")
    gone = town.arrives("垃圾", "E0102")
    town.replies("desk", gone)
    town.takes("desk", gone, Step.CANCEL, reason="重复")
    for target in (first, gone, "20260101-000000"):
        with pytest.raises(Conflict, match="target_open"):
            town.takes("desk", first, Step.MERGE, target=target)
    with pytest.raises(Conflict, match="target_open"):
        town.takes("clerk", first, Step.MERGE, target=other)


def test_the_desk_says_to_which_grid_it_belongs_and_its_member_is_told(town: Town):
    no = town.arrives("有件事", None)
    assert row_of(town, no).state == "triage"
    town.takes("desk", no, Step.CLASSIFY, list_item="E0102", grid="B")
    row, story, _ = town.sees("li", no)

    assert (row.grid.code, row.state, row.matter_class) == ("B", "proposed", "major")
    assert row.handler.code == "city"
    assert [one.method for one in story.places][-1] == "desk"
    with pytest.raises(NotFound):
        town.sees("zhang", no)


def test_what_is_given_with_a_step_must_be_there(town: Town):
    no = town.arrives("暴露垃圾", "E0102")
    for wrong, given in (
        ("handler_unknown", {"handler": "no.such"}),
        ("handler_elsewhere", {"handler": "elsewhere"}),
        ("grid_unknown", {"handler": "city", "grid": "no.such"}),
    ):
        with pytest.raises(BadInput, match=wrong):
            town.takes("desk", no, Step.DISPATCH, **given)
    with pytest.raises(BadInput, match="list_item_unknown"):
        town.takes("desk", no, Step.CLASSIFY, list_item="no.such")


def test_a_unit_isnt_given_what_its_own_people_found(town: Town):
    no = town.arrives("暴露垃圾", "E0102", by="city", channel=Channel.PATROL)
    with pytest.raises(Conflict, match="not_own_report"):
        town.takes("desk", no, Step.DISPATCH, handler="city")


def test_a_machine_of_the_units_in_a_region_works_for_each_of_them(town: Town):
    no = town.arrives("暴露垃圾", "E0102")
    with pytest.raises(NotFound):
        town.sees("machine", no)
    town.takes("desk", no, Step.DISPATCH, handler="city")
    town.takes("machine", no, Step.ACKNOWLEDGE, section="一队", person="赵某")

    assert town.sees("machine", no)[0].state == "acknowledged"


def test_it_moves_up_level_by_level_until_there_is_none_above(town: Town):
    no = town.arrives("暴露垃圾", "E0102")
    town.takes("desk", no, Step.ESCALATE, reason="久拖不决")
    town.takes("desk", no, Step.ESCALATE, reason="久拖不决")
    with pytest.raises(Conflict, match="one_level"):
        town.takes("desk", no, Step.ESCALATE, reason="久拖不决")
    moved = [one.detail["region_id"] for one in town.sees("desk", no)[1].events[-2:]]

    assert moved == [town.regions["K"], town.regions["S"]]
