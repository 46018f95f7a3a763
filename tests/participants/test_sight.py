"""Care staff read the words of those who agreed to it, and of nobody else; the others of the staff read all."""

from uuid import UUID, uuid4

import pytest

from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.participants import service as participants
from app.participants.models import Participant
from app.participants.schemas import Enrolment
from app.studies import membership, queries
from app.studies.schemas import ConsentIn, StudyIn
from app.studies.service import create_study, publish_consent
from app.studies.study_templates import study_template
from tests.support.cast import Cast
from tests.support.phone import Phone
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

OPEN, CLOSED = "愿意给关怀师看的话", "不愿意给关怀师看的话"
NOTE = "这里只有同意关怀师看日记的人写的话"


@pytest.fixture
def entries(cast: Cast) -> dict[str, UUID]:
    """An entry of P01, who agreed that care staff may read, and one of P02, who did not; ``carer`` joins the study."""
    with cast.store.write() as session:
        carer = accounts.create_user(session, "carer", "Carer", PASSWORD)
        membership.set_role(session, owner(cast), cast.study_id, "carer", "care")
        _, token = accounts.create_api_key(session, cast.keyring, carer.id, "test", list(SCOPES))
    cast.headers["carer"] = {"Authorization": f"Bearer {token}"}
    agree(cast, "P01", "diary", "care")
    written = {"P01": uuid4(), "P02": uuid4()}
    for code, text in (("P01", OPEN), ("P02", CLOSED)):
        assert cast.put(cast.entry(text, participant=code), written[code]).status_code == 201
    return written


def owner(cast: Cast) -> StaffActor:
    return StaffActor(cast.user_ids["owner"], "owner", "Owner", False)


def agree(cast: Cast, code: str, *purposes: str, version: int = 1) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        participants.give_consent(session, "user:test", person, purposes, version=version, method="paper")


def take_back(cast: Cast, code: str) -> None:
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people[code]))
        participants.withdraw_purpose(session, "user:test", person, "care")


def publish(cast: Cast, *purposes: str, study_id: UUID | None = None) -> None:
    """Publish the consent text anew, with these purposes only."""
    with cast.store.write() as session:
        before = queries.protocol(session, study_id or cast.study_id).consent
        kept = tuple(purpose for purpose in before.purposes if purpose.key in purposes)
        given = ConsentIn(introduction=before.introduction, purposes=kept)
        publish_consent(session, owner(cast), study_id or cast.study_id, given)


def read_by(cast: Cast, who: str, entries: dict[str, UUID]) -> set[str]:
    """Return whose words ``who`` reads; the same on every address of the API, or it fails."""
    listed = {row["participant"] for row in cast.get("/entries", who=who).json()["rows"]}
    single = {code for code, one in entries.items() if cast.get(f"/entries/{one}", who=who).status_code == 200}
    quoted = {one["participant"] for one in cast.get("/quotes?key=recovery", who=who).json()}
    assert listed == single == quoted
    return listed


def test_care_staff_read_those_who_agreed_and_the_others_read_all(cast: Cast, entries: dict[str, UUID]) -> None:
    assert read_by(cast, "carer", entries) == {"P01"}
    for who in ("owner", "teammate"):
        assert read_by(cast, who, entries) == {"P01", "P02"}


def test_what_may_not_be_seen_is_answered_as_if_it_were_not_there(cast: Cast, entries: dict[str, UUID]) -> None:
    hidden, absent = (cast.get(f"/entries/{one}", who="carer") for one in (entries["P02"], uuid4()))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()


def test_pages_of_entries_leave_nobody_out_and_tell_of_nobody_hidden(cast: Cast, entries: dict[str, UUID]) -> None:
    page = cast.get("/entries?limit=1", who="carer").json()
    assert ([row["id"] for row in page["rows"]], page["next"]) == ([str(entries["P01"])], None)


def test_consent_taken_back_hides_at_once_and_given_again_shows(cast: Cast, entries: dict[str, UUID]) -> None:
    take_back(cast, "P01")
    assert read_by(cast, "carer", entries) == set()
    agree(cast, "P01", "diary", "care")
    agree(cast, "P02", "diary", "care")
    assert read_by(cast, "carer", entries) == {"P01", "P02"}
    cast.client.post(f"/api/v1/studies/{SLUG}/participants/P02/withdraw", headers=cast.headers["owner"])
    assert read_by(cast, "carer", entries) == {"P01"}


def test_the_tick_on_the_phone_is_what_counts(cast: Cast, entries: dict[str, UUID]) -> None:
    phone = Phone(cast.client)
    phone.open(cast.links["P02"].token)
    phone.agree("diary")
    assert read_by(cast, "carer", entries) == {"P01"}
    phone.agree("diary", "care")
    assert read_by(cast, "carer", entries) == {"P01", "P02"}


def test_a_new_text_is_agreed_to_anew(cast: Cast, entries: dict[str, UUID]) -> None:
    publish(cast, "diary", "care")
    assert read_by(cast, "carer", entries) == set()
    agree(cast, "P01", "diary", version=2)
    assert read_by(cast, "carer", entries) == set()
    agree(cast, "P01", "diary", "care", version=2)
    assert read_by(cast, "carer", entries) == {"P01"}


def test_a_text_that_no_longer_asks_opens_only_those_who_agreed_to_it(cast: Cast, entries: dict[str, UUID]) -> None:
    publish(cast, "diary", "quotes")
    assert read_by(cast, "carer", entries) == set()
    agree(cast, "P02", "diary", version=2)
    assert read_by(cast, "carer", entries) == {"P02"}


def test_a_study_whose_texts_never_asked_hides_nobody(cast: Cast, entries: dict[str, UUID]) -> None:
    protocol = study_template("dental_implant").protocol
    words = ConsentIn(introduction="只有一项", purposes=protocol.consent.purposes[:1])
    given = StudyIn(title="没有这一项", slug="plain", protocol=protocol.model_copy(update={"consent": words}))
    with cast.store.write() as session:
        study = create_study(session, owner(cast), given)
        membership.set_role(session, owner(cast), study.id, "carer", "care")
        person, _ = participants.enrol(session, cast.keyring, "user:test", study, Enrolment(code="P01"))
        participants.give_consent(session, "user:test", person, ["diary"], version=1, method="paper")
    written = uuid4()
    assert cast.put(cast.entry(study="plain"), written).status_code == 201
    publish(cast, "diary", study_id=study.id)
    answer = cast.client.get(f"/api/v1/studies/plain/entries/{written}", headers=cast.headers["carer"])
    assert answer.status_code == 200


def test_the_curve_counts_everyone_and_its_quotes_hide_who_did_not_agree(cast: Cast, entries: dict[str, UUID]) -> None:
    for number in range(3, 8):  # enough people at two stages for the study's page to quote both ends
        code = f"P{number:02d}"
        cast.add_patient(code)
        cast.put(cast.entry("难受，睡不着", participant=code))
        cast.put(cast.entry("太好了，谢谢医生", participant=code, stage="sharing"))
    shown = {}
    for login in ("owner", "carer"):
        cast.client.cookies.clear()
        sign_in(cast.client, login, PASSWORD)
        pages = [cast.client.get(f"/studies/{SLUG}{rest}") for rest in ("", "/quotes?key=recovery")]
        assert [page.status_code for page in pages] == [200, 200]
        shown[login] = [page.text for page in pages]
    study, quotes = shown["carer"]
    assert OPEN in quotes
    assert CLOSED not in quotes
    assert "难受，睡不着" not in study + quotes
    assert NOTE in quotes
    study, quotes = shown["owner"]
    assert OPEN in quotes
    assert CLOSED in quotes
    assert "难受，睡不着" in study
    assert NOTE not in quotes
    curves = [cast.get("/curve.json", who=who).json()["points"] for who in ("owner", "carer")]
    assert curves[0] == curves[1]
