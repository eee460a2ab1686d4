"""The life of a matter: one row for each way that a step may go. Another row extends the life."""

from __future__ import annotations

from typing import Final

from gis.governance.steps import Actor, Condition, Input, Rule, Step
from gis.matters import ClockKind, MatterClass, MatterState

_S = MatterState
_TRIAGE, _PROPOSED, _RETURNED, _REOPENED = _S.TRIAGE, _S.PROPOSED, _S.RETURNED, _S.REOPENED
UNDECIDED: Final = frozenset({_TRIAGE, _PROPOSED, _RETURNED, _REOPENED})
WITH_HANDLER: Final = frozenset({_S.DISPATCHED, _S.ACKNOWLEDGED})
OPEN: Final = UNDECIDED | WITH_HANDLER | {_S.HANDLED, _S.VERIFIED}
"""States in which somebody still waits; REPLIED is only waiting to be struck off."""

_DESK = frozenset({Actor.DISPATCHER, Actor.CLERK})
_PLACE = _DESK | {Actor.GRID_MEMBER}
_STAFF = _PLACE | {Actor.HANDLER}
_HANDLER = frozenset({Actor.HANDLER})
_DISCIPLINE = frozenset({Actor.DISCIPLINE})

_MAJOR, _, _PRIVATE = MatterClass
_INTAKE, _ACKNOWLEDGE, _UNIT, _WHOLE = ClockKind
_DISPATCHING = (_ACKNOWLEDGE, _UNIT)
_ALL = (_INTAKE, _ACKNOWLEDGE, _UNIT, _WHOLE)

RULES: Final = (
    Rule(
        step=Step.CLASSIFY,
        from_states=UNDECIDED,
        to=_PROPOSED,
        actors=_DESK,
        inputs=(Input.LIST_ITEM,),
        restates=True,
    ),
    Rule(
        step=Step.CLASSIFY,
        from_states=WITH_HANDLER,
        to=_PROPOSED,
        actors=_DESK,
        inputs=(Input.LIST_ITEM, Input.REASON),
        stops=_DISPATCHING,
        starts=(_INTAKE,),
        restates=True,
    ),
    Rule(
        step=Step.SET_ASIDE,
        from_states=UNDECIDED - {_TRIAGE},
        to=_TRIAGE,
        actors=_DESK,
        inputs=(Input.REASON,),
    ),
    Rule(
        step=Step.DISPATCH,
        from_states=UNDECIDED - {_TRIAGE},
        to=_S.DISPATCHED,
        actors=_DESK | {Actor.SYSTEM},
        inputs=(Input.HANDLER,),
        conditions=(
            Condition.DECIDED,
            Condition.CONFIRMED,
            Condition.HANDLER_ALLOWED,
            Condition.NOT_OWN_REPORT,
        ),
        stops=(_INTAKE,),
        starts=_DISPATCHING,
    ),
    Rule(
        step=Step.ACKNOWLEDGE,
        from_states=frozenset({_S.DISPATCHED}),
        to=_S.ACKNOWLEDGED,
        actors=_HANDLER,
        of_class={_MAJOR: (Input.SECTION_AND_PERSON,)},
        stops=(_ACKNOWLEDGE,),
    ),
    Rule(
        step=Step.RETURN,
        from_states=WITH_HANDLER,
        to=_RETURNED,
        actors=_HANDLER,
        inputs=(Input.RETURN_REASON, Input.COUNTER_PROPOSAL),
        conditions=(Condition.FIRST_RETURN,),
        stops=_DISPATCHING,
        starts=(_INTAKE,),
    ),
    Rule(
        step=Step.DELIBERATE,
        from_states=frozenset({_S.ACKNOWLEDGED}),
        to=None,
        actors=_HANDLER | {Actor.CLERK},
        inputs=(Input.RESOLUTION,),
        conditions=(Condition.DELIBERABLE, Condition.RUNNING),
        when=lambda f: not f.deliberated,
        stops=(_UNIT,),
        starts=(_UNIT,),
    ),
    Rule(  # resolved anew: the limit to carry it out runs on
        step=Step.DELIBERATE,
        from_states=frozenset({_S.ACKNOWLEDGED}),
        to=None,
        actors=_HANDLER | {Actor.CLERK},
        inputs=(Input.RESOLUTION,),
        conditions=(Condition.DELIBERABLE,),
        when=lambda f: f.deliberated,
    ),
    Rule(
        step=Step.HANDLE,
        from_states=frozenset({_S.ACKNOWLEDGED}),
        to=_S.HANDLED,
        actors=_HANDLER,
        inputs=(Input.RESULT,),
        of_class={_PRIVATE: (Input.PRIVATE_WAY,)},
        conditions=(Condition.NAMED_IN_FULL, Condition.RESOLVED),
        stops=(_UNIT,),
    ),
    Rule(
        step=Step.SETTLE,
        from_states=frozenset({_PROPOSED}),
        to=_S.HANDLED,
        actors=frozenset({Actor.GRID_MEMBER, Actor.CLERK}),
        inputs=(Input.RESULT,),
        of_class={_PRIVATE: (Input.PRIVATE_WAY,)},
        conditions=(Condition.DECIDED, Condition.SMALL),
        stops=(_INTAKE,),
    ),
    Rule(
        step=Step.VERIFY,
        from_states=frozenset({_S.HANDLED}),
        to=_S.VERIFIED,
        actors=_PLACE,
        conditions=(Condition.OTHER_PERSON,),
    ),
    Rule(
        step=Step.REWORK,
        from_states=frozenset({_S.HANDLED}),
        to=_S.ACKNOWLEDGED,
        actors=_PLACE,
        inputs=(Input.REASON,),
        conditions=(Condition.OTHER_PERSON,),
        when=lambda f: not f.on_the_spot,
        resumes=(_UNIT,),
    ),
    Rule(  # settled on the spot, so there is no handler to do it again
        step=Step.REWORK,
        from_states=frozenset({_S.HANDLED}),
        to=_PROPOSED,
        actors=_PLACE,
        inputs=(Input.REASON,),
        conditions=(Condition.OTHER_PERSON,),
        when=lambda f: f.on_the_spot,
        starts=(_INTAKE,),
    ),
    Rule(
        step=Step.REPLY,
        from_states=frozenset({_S.VERIFIED}),
        to=_S.REPLIED,
        actors=_STAFF,
        conditions=(Condition.ALL_REPLIED,),
        stops=(_WHOLE,),
    ),
    Rule(
        step=Step.APPRAISE,
        from_states=frozenset({_S.HANDLED, _S.VERIFIED, _S.REPLIED}),
        to=None,
        actors=_DESK | {Actor.REPORTER},
        inputs=(Input.APPRAISAL,),
    ),
    Rule(  # by a person: the service closes nothing by itself
        step=Step.CLOSE,
        from_states=frozenset({_S.REPLIED}),
        to=_S.CLOSED,
        actors=_DESK,
        conditions=(
            Condition.ALL_REPLIED,
            Condition.NAMED_IN_FULL,
            Condition.RESOLVED,
            Condition.APPRAISED,
            Condition.WAY_CHOSEN,
        ),
    ),
    Rule(
        step=Step.REOPEN,
        from_states=frozenset({_S.REPLIED, _S.CLOSED, _S.CANCELLED}),
        to=_REOPENED,
        actors=_DESK | {Actor.REPORTER},
        inputs=(Input.REASON,),
        when=lambda f: not f.conduct,
        starts=(_INTAKE,),
        resumes=(_WHOLE,),
    ),
    Rule(
        step=Step.REOPEN,
        from_states=frozenset({_S.CLOSED}),
        to=_S.REFERRED,
        actors=_DISCIPLINE | {Actor.REPORTER},
        inputs=(Input.REASON,),
        when=lambda f: f.conduct,
        resumes=(_WHOLE,),
    ),
    Rule(
        step=Step.CANCEL,
        from_states=UNDECIDED,
        to=_S.CANCELLED,
        actors=_DESK,
        inputs=(Input.REASON,),
        conditions=(Condition.ALL_REPLIED,),
        stops=_ALL,
    ),
    Rule(
        step=Step.MERGE,
        from_states=UNDECIDED | WITH_HANDLER,
        to=_S.MERGED,
        actors=_DESK,
        inputs=(Input.TARGET,),
        conditions=(Condition.TARGET_OPEN,),
        stops=_ALL,
    ),
    Rule(
        step=Step.REFER,
        from_states=OPEN,
        to=_S.REFERRED,
        actors=_STAFF,
        inputs=(Input.REASON,),
        stops=(_INTAKE, *_DISPATCHING),
        restates=True,
    ),
    Rule(
        step=Step.SEND_BACK,
        from_states=frozenset({_S.REFERRED}),
        to=_TRIAGE,
        actors=_DISCIPLINE,
        inputs=(Input.REASON,),
        starts=(_INTAKE,),
        restates=True,
    ),
    Rule(
        step=Step.CONCLUDE,
        from_states=frozenset({_S.REFERRED}),
        to=_S.CLOSED,
        actors=_DISCIPLINE,
        inputs=(Input.RESULT,),
        conditions=(Condition.ALL_REPLIED,),
        stops=(_WHOLE,),
    ),
    Rule(
        step=Step.ESCALATE,
        from_states=OPEN,
        to=None,
        actors=_STAFF,
        inputs=(Input.REASON,),
        conditions=(Condition.ONE_LEVEL,),
    ),
    Rule(
        step=Step.EXTEND,
        from_states=OPEN,
        to=None,
        actors=frozenset({Actor.DISPATCHER}),
        inputs=(Input.REASON, Input.LIMIT),
    ),
    Rule(
        step=Step.PAUSE,
        from_states=WITH_HANDLER,
        to=None,
        actors=_DESK,
        inputs=(Input.REASON,),
        conditions=(Condition.RUNNING,),
        pauses=(_UNIT,),
    ),
    Rule(
        step=Step.RESUME,
        from_states=WITH_HANDLER,
        to=None,
        actors=_DESK | {Actor.SYSTEM},
        conditions=(Condition.PAUSED,),
        resumes=(_UNIT,),
    ),
)
