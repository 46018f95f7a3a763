"""What staff see of follow-ups, and how they move them: whom they may see, taken over, written down, asked again, closed."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.care import follow_ups
from app.care.alert_models import CareContact
from app.care.contacting import LONGEST_NOTE, MOST_CONTACTS
from app.care.errors import (
    ContactConflict,
    ContactNeeded,
    FollowUpChanged,
    FollowUpClosed,
    PassedToNeeded,
    TooManyContacts,
)
from app.care.follow_ups import Counts, FollowUpLook
from app.core.clock import frozen_at
from app.core.errors import AppError, Invalid, NotFound, PreconditionRequired
from app.participants import service as participants
from app.participants.erasure import erase_person
from app.participants.models import Participant
from app.participants.sight import Sight, care_sight, everyone
from app.prompts import ledger
from app.prompts import service as prompts
from app.prompts.models import Prompt
from app.prompts.schemas import Quiet
from app.studies.models import Study
from tests.care.care_site import (
    HARM,
    HOUR,
    NOW,
    WELL,
    actor,
    add_carer,
    all_alerts,
    all_contacts,
    all_follow_ups,
    do_jobs,
    logged,
    set_rules,
    write,
)
from tests.support.cast import Cast

SECRET = "她说儿子下周才回来"


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with frozen_at(NOW):
        yield


@pytest.fixture
def two(cast: Cast) -> Cast:
    """P01 wrote of a bad day, P02 of not wanting to live."""
    add_carer(cast)
    write(cast, WELL, mood=2)
    write(cast, HARM, code="P02", mood=1)
    do_jobs(cast)
    return cast


def agree(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        participants.give_consent(session, "user:test", person, ("diary", "care"), version=1, method="paper")


def act(cast: Cast, move: Callable[..., Any], code: str, *ids: UUID, who: str = "carer", **given: Any) -> Any:
    """Do something with a person's last follow-up, as the member of the staff ``who``."""
    mine = [one.id for one in all_follow_ups(cast) if one.participant_id == cast.people[code]]
    with cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        return move(session, actor(cast, who), study, everyone(study.id), mine[-1], *ids, **given)


def listed(cast: Cast, sight: Sight | None = None, **given: Any) -> list[FollowUpLook]:
    with cast.store.read() as session:
        study = session.get_one(Study, cast.study_id)
        return list(follow_ups.follow_ups(session, study, sight or everyone(study.id), **given))


def counted(cast: Cast, sight: Sight | None = None) -> Counts:
    with cast.store.read() as session:
        study = session.get_one(Study, cast.study_id)
        return follow_ups.counts(session, study, sight or everyone(study.id))


def refused(move: Callable[[], Any]) -> type[AppError]:
    with pytest.raises(AppError) as caught:
        move()
    return type(caught.value)


def codes(found: list[FollowUpLook]) -> list[str]:
    return [one.person.code for one in found]


def test_care_staff_see_who_agreed_and_others_are_told_how_many_are_hidden(two: Cast) -> None:
    agree(two, "P01")
    with two.store.read() as session:
        care = care_sight(session, two.study_id)
    assert codes(listed(two)) == ["P02", "P01"], "the urgent first"
    assert codes(listed(two, care)) == ["P01"]
    assert counted(two) == Counts(open=2, urgent=1, late=0, hidden=1, met=0)
    assert counted(two, care) == Counts(open=1, urgent=0, late=0, hidden=0, met=0)
    hidden = next(one.id for one in all_follow_ups(two) if one.urgent)
    with two.store.write() as session:
        study = session.get_one(Study, two.study_id)
        assert follow_ups.follow_up(session, study, everyone(study.id), hidden).person.code == "P02"
        for attempt in (
            lambda: follow_ups.follow_up(session, study, care, hidden),
            lambda: follow_ups.take(session, actor(two, "carer"), study, care, hidden, version=1),
            lambda: follow_ups.follow_up(session, study, everyone(uuid4()), hidden),
        ):
            assert refused(attempt) is NotFound


def test_a_list_is_read_on_from_where_it_ended(cast: Cast) -> None:
    for number in range(6):
        code = f"Q{number}"
        cast.add_patient(code)
        with frozen_at(NOW + number * HOUR):
            write(cast, HARM if number % 2 else WELL, code=code, mood=2)
            do_jobs(cast)
    for number in (0, 1):
        act(cast, follow_ups.log_contact, f"Q{number}", uuid4(), who="owner", way="phone", reached=True)
        with frozen_at(NOW + (9 - number) * HOUR):
            act(cast, follow_ups.close, f"Q{number}", who="owner", outcome="helped", version=2)
    expected = {"open": ["Q3", "Q5", "Q2", "Q4"], "closed": ["Q0", "Q1"], "all": [f"Q{n}" for n in range(6)]}
    for state, order in expected.items():
        read: list[FollowUpLook] = []
        while page := listed(cast, state=state, most=1, after=read[-1].follow_up.id if read else None):
            read += page
        assert codes(read) == codes(listed(cast, state=state)) == order
    assert refused(lambda: listed(cast, after=uuid4())) is NotFound


def test_taken_taken_over_and_given_back(two: Cast) -> None:
    assert refused(lambda: act(two, follow_ups.take, "P01", version=None)) is PreconditionRequired
    act(two, follow_ups.take, "P01", version=1)
    act(two, follow_ups.take, "P01", version=1)  # the first answer was lost
    mine = next(one for one in listed(two) if one.person.code == "P01")
    assert (mine.taken_by, mine.follow_up.state, mine.follow_up.version, mine.etag) == ("Carer", "taken", 2, '"2"')
    with pytest.raises(FollowUpChanged) as stale:
        act(two, follow_ups.take, "P01", who="owner", version=1)
    assert stale.value.headers == {"ETag": '"2"'}
    act(two, follow_ups.take, "P01", who="owner", version=2)
    assert [one.taken_by for one in listed(two)] == [None, "Owner"]
    act(two, follow_ups.give_back, "P01", version=3)
    assert [one.taken_by for one in listed(two)] == [None, None]
    assert [event.detail for event in logged(two)][2:] == [
        {"follow_up": str(mine.follow_up.id), "version": 2, "over": False},
        {"follow_up": str(mine.follow_up.id), "version": 3, "over": True},
        {"follow_up": str(mine.follow_up.id), "version": 4},
    ]


def test_a_contact_is_logged_once_and_meets_what_is_due(two: Cast) -> None:
    first = uuid4()
    with frozen_at(NOW + 3 * HOUR):
        assert [(one.person.code, one.late) for one in listed(two)] == [("P02", True), ("P01", False)]
        tried: dict[str, Any] = {"way": "phone", "reached": False, "note": "没人接"}
        act(two, follow_ups.log_contact, "P02", first, **tried)
        act(two, follow_ups.log_contact, "P02", first, **tried)
        assert refused(lambda: act(two, follow_ups.log_contact, "P02", first, **tried, who="owner")) is ContactConflict
        assert refused(lambda: act(two, follow_ups.log_contact, "P01", first, **tried)) is ContactConflict
        assert counted(two) == Counts(open=2, urgent=1, late=1, hidden=2, met=0)
        assert [one.contacted_at for one in all_follow_ups(two)] == [None, None]
    with frozen_at(NOW + 4 * HOUR):
        act(two, follow_ups.log_contact, "P02", uuid4(), way="phone", reached=True, note=SECRET, passed_to=" 周  医生 ")
        assert counted(two) == Counts(open=2, urgent=0, late=0, hidden=2, met=1)
    looked = next(one for one in listed(two) if one.person.code == "P02")
    assert [(one.reached, one.note, one.passed_to) for one in looked.contacts] == [
        (False, "没人接", ""),
        (True, SECRET, "周 医生"),
    ]
    assert (looked.taken_by, looked.follow_up.contacted_at) == ("Carer", NOW + 4 * HOUR)
    assert not [event for event in logged(two) if SECRET in str(event.detail) or "医生" in str(event.detail)]


def test_something_new_after_a_contact_begins_a_new_time(two: Cast) -> None:
    act(two, follow_ups.log_contact, "P02", uuid4(), way="phone", reached=True)
    with frozen_at(NOW + 30 * HOUR):
        assert counted(two).late == 1, "P01 was not reached"
        write(two, WELL, code="P02", mood=2)
        do_jobs(two)
        mine = next(one for one in listed(two) if one.person.code == "P02")
        assert (mine.late, mine.follow_up.due_at, mine.follow_up.urgent) == (False, NOW + 54 * HOUR, True)
        assert [one.kind for one in mine.alerts] == ["low", "low", "self_harm"], "the newest first"
    with frozen_at(NOW + 55 * HOUR):
        assert counted(two).late == 2


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"way": "pigeon"}, "way"),
    ({"note": "长" * (LONGEST_NOTE + 1)}, "note"),
    ({"note": "有\x00字"}, "note"),
    ({"passed_to": "长" * 81}, "passed_to"),
)


def test_what_cannot_be_logged_is_told(two: Cast) -> None:
    for wrong, field in WRONG:
        given: dict[str, Any] = {"way": "phone", "reached": True, **wrong}
        with pytest.raises(Invalid) as caught:
            act(two, follow_ups.log_contact, "P01", uuid4(), **given)
        assert [one.field for one in caught.value.fields] == [field]
    assert all_contacts(two) == []


def test_a_follow_up_takes_so_many_contacts_and_no_more(two: Cast) -> None:
    held = next(one for one in all_follow_ups(two) if one.participant_id == two.people["P01"])
    with two.store.write() as session:
        session.add_all(
            CareContact(
                study_id=two.study_id, id=uuid4(), follow_up_id=held.id, author="user:x", at=NOW, way="chat",
                reached=False, passed_to="", note="",
            )
            for _ in range(MOST_CONTACTS)
        )  # fmt: skip
    again: Callable[[], Any] = lambda: act(two, follow_ups.log_contact, "P01", uuid4(), way="chat", reached=False)  # noqa: E731
    assert refused(again) is TooManyContacts


def prompts_of(cast: Cast, code: str) -> list[Prompt]:
    with cast.store.read() as session:
        query = select(Prompt).where(Prompt.participant_id == cast.people[code]).order_by(Prompt.planned_at)
        return list(session.scalars(query))


def test_who_was_reached_is_asked_a_day_later_once_outside_quiet_hours(two: Cast) -> None:
    with two.store.write() as session:
        quiet = Quiet(start="10:00", end="14:00")
        prompts.set_quiet(session, "user:test", two.study_id, two.people["P01"], quiet)
    act(two, follow_ups.log_contact, "P01", uuid4(), way="phone", reached=False)
    assert prompts_of(two, "P01") == []
    act(two, follow_ups.log_contact, "P01", uuid4(), way="phone", reached=True)
    act(two, follow_ups.log_contact, "P01", uuid4(), way="chat", reached=True)
    (asked,) = prompts_of(two, "P01")
    assert asked.planned_at == asked.due_at == NOW + 26 * HOUR, "noon is quiet, two o'clock is not"
    assert asked.expires_at == NOW + 50 * HOUR
    assert asked.words == "您这两天感觉怎么样？方便的话，写两句就好。"
    assert [one.prompt_id for one in all_contacts(two)].count(asked.id) == 1
    with two.store.write() as session:  # and somebody may still be reminded by hand meanwhile
        prompts.nudge(session, "user:test", two.study_id, two.people["P01"])
    with frozen_at(NOW + 25 * HOUR), two.store.write() as session:
        assert asked.id not in {due.id for due in ledger.claim_due(session, NOW + 25 * HOUR, "w")}
    with frozen_at(NOW + 27 * HOUR):
        with two.store.write() as session:
            due = [one for one in ledger.claim_due(session, NOW + 27 * HOUR, "w") if one.id == asked.id]
            ledger.begin_sending_all(session, due, "w", "console", repeatable=True)
            assert ledger.mark_all_sent(session, due, "w") == {asked.id}
        act(two, follow_ups.log_contact, "P01", uuid4(), way="phone", reached=True)
    assert len(prompts_of(two, "P01")) == 3, "it was asked, so after another call it is asked again"


def test_nobody_is_asked_where_the_rules_say_no_or_who_gets_no_prompts(two: Cast) -> None:
    with two.store.write() as session:
        prompts.pause(session, "user:test", two.study_id, two.people["P01"], NOW + timedelta(days=9))
    act(two, follow_ups.log_contact, "P01", uuid4(), way="phone", reached=True)
    set_rules(two, ask_again_hours=0)
    act(two, follow_ups.log_contact, "P02", uuid4(), way="phone", reached=True)
    assert (prompts_of(two, "P01"), prompts_of(two, "P02")) == ([], [])
    assert [(one.reached, one.prompt_id) for one in all_contacts(two)] == [(True, None)] * 2


def test_whoever_comes_later_finds_it_closed_and_the_next_alert_opens_another(two: Cast) -> None:
    with pytest.raises(Invalid):
        act(two, follow_ups.close, "P01", outcome="left", version=1)
    act(two, follow_ups.close, "P01", outcome="no_need", version=1)
    act(two, follow_ups.close, "P01", outcome="no_need", version=1)  # the first answer was lost
    assert refused(lambda: act(two, follow_ups.take, "P01", version=2)) is FollowUpClosed
    late: Callable[[], Any] = lambda: act(two, follow_ups.log_contact, "P01", uuid4(), way="chat", reached=True)  # noqa: E731
    assert refused(late) is FollowUpClosed
    write(two, WELL, mood=1)
    do_jobs(two)
    states = [one.state for one in all_follow_ups(two) if one.participant_id == two.people["P01"]]
    assert states == ["closed", "open"]


def test_an_end_must_be_true(two: Cast) -> None:
    def end(code: str, outcome: str, version: int) -> Callable[[], Any]:
        return lambda: act(two, follow_ups.close, code, outcome=outcome, version=version)

    assert refused(end("P01", "not_reached", 1)) is ContactNeeded
    assert refused(end("P01", "passed_on", 1)) is PassedToNeeded
    for outcome in follow_ups.OUTCOMES:
        assert refused(end("P02", outcome, 1)) is ContactNeeded, "it is urgent"
    for code in ("P01", "P02"):
        act(two, follow_ups.log_contact, code, uuid4(), way="phone", reached=False)
    assert refused(end("P02", "passed_on", 2)) is PassedToNeeded
    act(two, follow_ups.log_contact, "P02", uuid4(), way="phone", reached=False, passed_to="周医生")
    assert end("P02", "passed_on", 3)().outcome == "passed_on"
    assert end("P01", "not_reached", 2)().outcome == "not_reached"


def test_of_two_who_close_at_once_one_does(two: Cast) -> None:
    barrier, done = threading.Barrier(4), list[object]()

    def close(outcome: str) -> None:
        barrier.wait()
        try:
            act(two, follow_ups.close, "P01", outcome=outcome, version=1, who="carer")
            done.append(outcome)
        except AppError as error:
            done.append(type(error))

    people = [threading.Thread(target=close, args=(one,)) for one in ("helped", "no_need") * 2]
    for one in people:
        one.start()
    for one in people:
        one.join()
    (held,) = [one for one in all_follow_ups(two) if one.participant_id == two.people["P01"]]
    assert sorted(done, key=str) == sorted([held.outcome, held.outcome, FollowUpClosed, FollowUpClosed], key=str)
    assert held.version == 2


def test_calls_are_logged_while_alerts_come_in_and_somebody_is_erased(two: Cast) -> None:
    """On PostgreSQL whoever held a person's rows in another order than the others would be cut off for a deadlock."""
    entries = [write(two, HARM, code=code)[0] for code in ("P01", "P02") * 4]
    ids = {one.participant_id: one.id for one in all_follow_ups(two)}

    def look() -> None:
        for entry_id in entries:
            with two.store.write() as session:
                follow_ups.look(session, two.study_id, entry_id)

    def erase() -> None:
        with two.store.write() as session:
            erase_person(session, "user:test", two.study_id, two.people["P02"])

    calls = [lambda code=code: call(two, ids[two.people[code]]) for code in ("P01", "P02")]
    assert at_once([look, erase, *calls]) <= {NotFound}
    assert {one.participant_id for one in all_follow_ups(two)} == {two.people["P01"]}
    assert {one.participant_id for one in all_alerts(two)} == {two.people["P01"]}
    assert len(all_contacts(two)) == 6


def call(cast: Cast, follow_up_id: UUID) -> None:
    for _ in range(6):
        with cast.store.write() as session:
            study = session.get_one(Study, cast.study_id)
            whose = (session, actor(cast), study, everyone(study.id), follow_up_id)
            follow_ups.log_contact(*whose, uuid4(), way="chat", reached=True)


def at_once(work: Sequence[Callable[[], Any]]) -> set[type[Exception]]:
    """Do all of this at the same time; returns what went wrong."""
    barrier, failed = threading.Barrier(len(work)), set[type[Exception]]()

    def run(one: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            one()
        except Exception as error:  # noqa: BLE001 - told in the test's own thread
            failed.add(type(error))

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
