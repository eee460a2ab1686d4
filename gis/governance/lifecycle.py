"""Which step may follow, and what does it demand?

The table stands in `step_table`; here it is read. A step is refused with a sentence that says what
to do, and screens are told beforehand which steps are open, what each needs and what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.errors import BadInput, Conflict, GridError, NotAllowed
from gis.governance.classify import Route
from gis.governance.step_table import RULES
from gis.governance.steps import HOLDS, OF_THE_ACTOR, OF_THE_INPUT, Step
from gis.matters import MatterState, Words

if TYPE_CHECKING:
    from collections.abc import Collection

    from gis.governance.steps import Condition, Facts, Input, Rule

FIRST_STATE: Final = {
    Route.HANDLER: MatterState.PROPOSED,
    Route.TRIAGE: MatterState.TRIAGE,
    Route.DISCIPLINE: MatterState.REFERRED,
}
"""Where a new matter stands, by its proposal."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step somebody may take now, once `blocked` is empty; with it they give `needs`.

    `to` is the state it leads to, the present one where it stays.
    """

    step: Step
    to: MatterState
    needs: tuple[Input, ...]
    blocked: tuple[Words, ...]


def allowed(
    state: MatterState, step: Step, facts: Facts, given: Collection[Input] = frozenset()
) -> Rule:
    """The row of the table that allows a step, taken with what is `given`; or an error.

    Raises Conflict when the step doesn't follow this state or something must come first,
    NotAllowed when somebody else must take it, BadInput when something isn't given. What comes
    first is told first: state, actor, conditions, inputs.
    """
    rules = _rules(state, step, facts)
    if not rules:
        raise Conflict(f"error.not_now.{step}")
    mine = [rule for rule in rules if rule.actors & facts.actor]
    if not mine:
        raise NotAllowed(f"error.not_yours.{step}")
    rule = mine[0]
    for condition in rule.conditions:
        if not HOLDS[condition](facts):
            raise _refusal(condition, facts)
    for one in _needs(rule, facts):
        if one not in given:
            raise BadInput(f"error.needs.{one}")
    return rule


def next_steps(state: MatterState, facts: Facts) -> list[NextStep]:
    """What the actor of `facts` may do next, in the table's order.

    Steps that somebody else must take are left out. What hangs on the input, such as which handler
    is chosen, isn't judged here.
    """
    return [
        NextStep(
            rule.step,
            rule.to or state,
            _needs(rule, facts),
            tuple(
                Words(wrong.key, wrong.values)
                for condition in rule.conditions
                if condition not in OF_THE_INPUT and not HOLDS[condition](facts)
                for wrong in [_refusal(condition, facts)]
            ),
        )
        for step in Step
        for rule in _rules(state, step, facts)
        if rule.actors & facts.actor
    ]


def _rules(state: MatterState, step: Step, facts: Facts) -> list[Rule]:
    return [
        rule
        for rule in RULES
        if rule.step is step
        and state in rule.from_states
        and (rule.when is None or rule.when(facts))
    ]


def _needs(rule: Rule, facts: Facts) -> tuple[Input, ...]:
    more = rule.of_class.get(facts.matter_class, ()) if rule.of_class and facts.matter_class else ()
    return (*rule.inputs, *more)


def _refusal(condition: Condition, facts: Facts) -> GridError:
    kind = NotAllowed if condition in OF_THE_ACTOR else Conflict
    return kind(f"error.blocked.{condition}", count=facts.waiting_reporters)
