"""Whatever is written, edited, looked at again, done, repeated and left, in whatever order: what stands is what should."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as play

from app.accounts.actors import StaffActor
from app.care import follow_ups
from app.care.alert_models import FollowUp
from app.care.errors import (
    ContactConflict,
    ContactNeeded,
    FollowUpChanged,
    FollowUpClosed,
    PassedToNeeded,
)
from app.care.tasks import close_for_leavers
from app.core.clock import frozen_at
from app.core.errors import AppError
from app.participants import service as participants
from app.participants.models import Participant
from app.participants.sight import everyone
from app.studies.models import Study
from tests.care.care_site import HARM, HOUR, NOW, WELL, actor, add_carer, all_alerts, do_jobs, worker, write
from tests.support.cast import Cast

CODES = ("A", "B")
WHO = ("owner", "carer")
SAID: tuple[tuple[str, dict[str, Any], frozenset[str]], ...] = (
    (WELL, {"mood": 7}, frozenset()),
    (WELL, {"mood": 2}, frozenset({"low"})),
    (WELL, {"mood": 7, "mark": "valley"}, frozenset({"marked"})),
    (HARM, {"mood": 7}, frozenset({"self_harm", "low"})),
    (HARM, {"mood": 1, "mark": "valley"}, frozenset({"self_harm", "low", "marked"})),
)


@dataclass
class Task:
    """A follow-up as it should stand."""

    person: str
    urgent: bool
    due_at: datetime
    state: str = "open"
    taken_by: UUID | None = None
    outcome: str | None = None
    version: int = 1
    contacts: list[tuple[bool, str]] = field(default_factory=list)
    raised_at: datetime = NOW
    reached_at: datetime | None = None
    first_reached: datetime | None = None
    closer: str | None = None


@dataclass
class Written:
    """An entry that was handed in: what it says now, which looks were asked for it, and of what it was raised for."""

    person: str
    entry_id: UUID
    etag: str
    says: frozenset[str]
    received_at: datetime
    raised: set[str] = field(default_factory=set)


class FollowUpMachine(RuleBasedStateMachine):
    """A study's follow-ups beside a model of them. ``round`` tells the people of one history from those of another."""

    def __init__(self, cast: Cast, number: int) -> None:
        super().__init__()
        self.cast, self.now = cast, NOW
        self.codes = {code: f"{code}{number}" for code in CODES}
        for code in self.codes.values():
            cast.add_patient(code)
        self.tasks: list[Task] = []
        self.entries: list[Written] = []
        self.left: set[str] = set()
        self.contacts: dict[UUID, tuple[int, str, bool, str]] = {}

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(code=st.sampled_from(CODES), said=st.sampled_from(SAID))
    def writes(self, code: str, said: tuple[str, dict[str, Any], frozenset[str]]) -> None:
        if code in self.left:
            return
        text, answers, says = said
        with frozen_at(self.now):
            entry_id, etag = write(self.cast, text, code=self.codes[code], ago=timedelta(minutes=5), **answers)
        self.entries.append(Written(code, entry_id, etag, says, self.now))

    @rule(pick=st.integers(0, 99), said=st.sampled_from(SAID))
    def edits(self, pick: int, said: tuple[str, dict[str, Any], frozenset[str]]) -> None:
        mine = [one for one in self.entries if one.person not in self.left]
        if not mine:
            return
        entry, (text, answers, says) = mine[pick % len(mine)], said
        code = self.codes[entry.person]
        with frozen_at(self.now):
            _, etag = write(
                self.cast, text, code=code, entry_id=entry.entry_id, if_match=entry.etag,
                ago=timedelta(minutes=5), **answers,
            )  # fmt: skip
        if etag != entry.etag:
            entry.etag, entry.says, entry.received_at = etag, says, self.now

    @rule(again=st.booleans())
    def workers_look(self, again: bool) -> None:
        with frozen_at(self.now):
            do_jobs(self.cast, again=again)
        for entry in self.entries:
            self._raise(entry)

    @rule(pick=st.integers(0, 99))
    def somebody_looks(self, pick: int) -> None:
        if not self.entries:
            return
        entry = self.entries[pick % len(self.entries)]
        with frozen_at(self.now), self.cast.store.write() as session:
            follow_ups.look(session, self.cast.study_id, entry.entry_id)
        self._raise(entry)

    @rule(code=st.sampled_from(CODES))
    def leaves(self, code: str) -> None:
        if len(self.left) == len(CODES) - 1:
            return
        self.left.add(code)
        with frozen_at(self.now), self.cast.store.write() as session:
            person = session.get_one(Participant, (self.cast.study_id, self.cast.people[self.codes[code]]))
            participants.withdraw(session, "user:test", person)

    @rule()
    def leavers_are_closed(self) -> None:
        with frozen_at(self.now):
            close_for_leavers(worker(self.cast))
        for task in self._open():
            if task.person in self.left:
                task.state, task.outcome, task.version = "closed", "left", task.version + 1

    @rule(pick=st.integers(0, 99), who=st.sampled_from(WHO), behind=st.integers(0, 1))
    def takes(self, pick: int, who: str, behind: int) -> None:
        if not self.tasks:
            return
        task, staff = self.tasks[pick % len(self.tasks)], self._staff(who)
        expected: type[AppError] | None = None
        mine = task.state == "taken" and task.taken_by == staff.user_id
        if not mine:
            expected = FollowUpChanged if behind else FollowUpClosed if task.state == "closed" else None
        self._do(expected, follow_ups.take, staff, task, version=task.version - behind)
        if expected is None and not mine:
            task.state, task.taken_by, task.version = "taken", staff.user_id, task.version + 1

    @rule(pick=st.integers(0, 99), who=st.sampled_from(WHO), behind=st.integers(0, 1))
    def gives_back(self, pick: int, who: str, behind: int) -> None:
        if not self.tasks:
            return
        task = self.tasks[pick % len(self.tasks)]
        expected: type[AppError] | None = None
        if task.state != "open":
            expected = FollowUpChanged if behind else FollowUpClosed if task.state == "closed" else None
        was_open = task.state == "open"
        self._do(expected, follow_ups.give_back, self._staff(who), task, version=task.version - behind)
        if expected is None and not was_open:
            task.state, task.taken_by, task.version = "open", None, task.version + 1

    @rule(
        pick=st.integers(0, 99), who=st.sampled_from(WHO), reached=st.booleans(),
        passed_to=st.sampled_from(("", "李医生")), behind=st.sampled_from((None, 0, 1)),
    )  # fmt: skip
    def contacts_them(self, pick: int, who: str, reached: bool, passed_to: str, behind: int | None) -> None:
        if not self.tasks:
            return
        number = pick % len(self.tasks)
        task, staff, contact_id = self.tasks[number], self._staff(who), uuid4()
        expected: type[AppError] | None = None
        if task.state == "closed":
            expected = FollowUpClosed
        elif behind:
            expected = FollowUpChanged
        version = None if behind is None else task.version - behind
        self._do(
            expected, follow_ups.log_contact, staff, task, contact_id,
            way="phone", reached=reached, passed_to=passed_to, version=version,
        )  # fmt: skip
        if expected is not None:
            return
        self.contacts[contact_id] = (number, who, reached, passed_to)
        task.contacts.append((reached, passed_to))
        task.version += 1
        if reached:
            task.reached_at, task.first_reached = self.now, task.first_reached or self.now
        if task.state == "open":
            task.state, task.taken_by = "taken", staff.user_id

    @rule(pick=st.integers(0, 99), same=st.booleans())
    def contact_is_sent_again(self, pick: int, same: bool) -> None:
        if not self.contacts:
            return
        contact_id = sorted(self.contacts)[pick % len(self.contacts)]
        number, who, reached, passed_to = self.contacts[contact_id]
        self._do(
            None if same else ContactConflict, follow_ups.log_contact, self._staff(who), self.tasks[number], contact_id,
            way="phone", reached=reached, passed_to=passed_to, note="" if same else "别的",
        )  # fmt: skip

    @rule(
        pick=st.integers(0, 99), who=st.sampled_from(WHO), outcome=st.sampled_from(follow_ups.OUTCOMES),
        behind=st.integers(0, 1),
    )  # fmt: skip
    def closes(self, pick: int, who: str, outcome: str, behind: int) -> None:
        if not self.tasks:
            return
        task, staff = self.tasks[pick % len(self.tasks)], self._staff(who)
        expected: type[AppError] | None = None
        again = task.state == "closed" and task.outcome == outcome and task.closer == staff.label
        if not again:
            if task.state == "closed":
                expected = FollowUpClosed
            elif behind:
                expected = FollowUpChanged
            elif not task.contacts and (task.urgent or outcome == "not_reached"):
                expected = ContactNeeded
            elif outcome == "passed_on" and not any(passed for _, passed in task.contacts):
                expected = PassedToNeeded
        self._do(expected, follow_ups.close, staff, task, outcome=outcome, version=task.version - behind)
        if expected is None and not again:
            task.state, task.outcome, task.version = "closed", outcome, task.version + 1
            task.closer = staff.label

    @invariant()
    def what_stands_is_what_should(self) -> None:
        with self.cast.store.read() as session:
            study = session.get_one(Study, self.cast.study_id)
            with frozen_at(self.now):
                sight = everyone(study.id)
                listed = [one for one in follow_ups.follow_ups(session, study, sight, state="all") if self._ours(one)]
                waiting = [one for one in follow_ups.follow_ups(session, study, sight) if self._ours(one)]
        shown = [
            (one.follow_up.state, one.follow_up.urgent, one.follow_up.due_at, one.follow_up.version,
             one.follow_up.taken_by if one.follow_up.state == "taken" else None, one.follow_up.outcome,
             one.follow_up.contacted_at, one.late, len(one.contacts))
            for one in listed
        ]  # fmt: skip
        assert shown == [
            (task.state, task.urgent, task.due_at, task.version, task.taken_by if task.state == "taken" else None,
             task.outcome, task.first_reached, self._is_late(task), len(task.contacts))
            for task in self.tasks
        ]  # fmt: skip
        assert len({one.follow_up.participant_id for one in waiting}) == len(waiting) == len(self._open())
        order = [(not one.follow_up.urgent, one.follow_up.due_at) for one in waiting]
        assert order == sorted(order)
        mine = {entry.entry_id for entry in self.entries}
        raised = [(one.entry_id, one.kind) for one in all_alerts(self.cast) if one.entry_id in mine]
        assert sorted(raised, key=str) == sorted(
            ((entry.entry_id, kind) for entry in self.entries for kind in entry.raised), key=str
        )

    def _raise(self, entry: Written) -> None:
        fresh = entry.says - entry.raised
        if not fresh or entry.person in self.left:
            return
        entry.raised |= fresh
        urgent = "self_harm" in fresh
        due_at = entry.received_at + HOUR * (2 if urgent else 24)
        for task in self._open():
            if task.person == entry.person:
                met = task.reached_at is not None and task.reached_at >= task.raised_at
                task.due_at = due_at if met else min(task.due_at, due_at)
                task.urgent, task.version, task.raised_at = task.urgent or urgent, task.version + 1, self.now
                return
        self.tasks.append(Task(entry.person, urgent, due_at, raised_at=self.now))

    def _open(self) -> list[Task]:
        return [task for task in self.tasks if task.state != "closed"]

    def _is_late(self, task: Task) -> bool:
        met = task.reached_at is not None and task.reached_at >= task.raised_at
        return task.state != "closed" and task.due_at < self.now and not met

    def _ours(self, one: follow_ups.FollowUpLook) -> bool:
        return one.person.code in self.codes.values()

    def _staff(self, who: str) -> StaffActor:
        return actor(self.cast, who)

    def _do(
        self, expected: type[AppError] | None, act: Any, staff: StaffActor, task: Task, *ids: UUID, **given: Any
    ) -> None:
        with self.cast.store.read() as session:
            study = session.get_one(Study, self.cast.study_id)
            rows = follow_ups.follow_ups(session, study, everyone(study.id), state="all")
        row: FollowUp = [one for one in rows if self._ours(one)][self.tasks.index(task)].follow_up
        refused: type[AppError] | None = None
        with frozen_at(self.now):
            try:
                with self.cast.store.write() as session:
                    act(session, staff, study, everyone(study.id), row.id, *ids, **given)
            except AppError as error:
                refused = type(error)
        assert refused is expected


def test_any_history_leaves_one_open_at_a_time_and_no_alert_twice(cast: Cast) -> None:
    add_carer(cast)
    histories = iter(range(10_000))
    few = settings(
        max_examples=6,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    machine: Any = lambda: FollowUpMachine(cast, next(histories))  # noqa: E731
    play(machine, settings=few)
