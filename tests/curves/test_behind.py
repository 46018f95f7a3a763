"""Codes and evidence behind a point: who may see them, and that blind coding stays blind."""

import html
import re
from typing import Any
from uuid import UUID

from app.accounts.actors import StaffActor
from app.participants.consents import give_consent
from app.participants.models import Participant
from app.studies import membership
from tests.support.coding import SAID, CodingCast, coding_cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

__all__ = ["coding_cast"]
PAGE = f"/studies/{SLUG}/quotes?key=recovery"


def quotes(cast: CodingCast) -> dict[str, list[dict[str, Any]]]:
    return {one["text"]: one["codes"] for one in cast.get("/quotes?key=recovery").json()}


def page_of(cast: CodingCast) -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, "owner", PASSWORD)
    return cast.client.get(PAGE).text


def drawn_and_coded(cast: CodingCast) -> tuple[UUID, UUID]:
    """One statement coded by the owner, and one drawn for two coders of whom one is done."""
    own, doubled = cast.say(texts=[SAID[0], SAID[2]])
    cast.give_draw([doubled], doubled=True)
    for who in ("first", "second"):
        cast.assign(who, [doubled])
    cast.save("owner", own, -1, cast.mark("害怕", 10, 14))
    cast.save("first", doubled, -2, cast.mark("疼痛", 0, 5))
    return own, doubled


def test_codes_are_shown_with_their_span_and_those_of_blind_coding_only_once_both_are_done(
    coding_cast: CodingCast,
) -> None:
    _own, doubled = drawn_and_coded(coding_cast)
    seen = quotes(coding_cast)
    assert [(one["name"], one["start"], one["end"], one["coders"]) for one in seen[SAID[0]]] == [("害怕", 10, 14, 1)]
    assert seen[SAID[2]] == []
    page = page_of(coding_cast)
    assert "<b>害怕</b>" in page
    assert "“" + SAID[0][10:14] + "”" in page
    assert "<b>疼痛</b>" not in page
    assert "两个人正在各自编码这句话" in page
    coding_cast.save("second", doubled, -1, coding_cast.mark("疼痛", 0, 5))
    assert [(one["name"], one["coders"]) for one in quotes(coding_cast)[SAID[2]]] == [("疼痛", 2)]
    page = page_of(coding_cast)
    assert "<b>疼痛</b>" in page
    assert "两个人正在各自编码这句话" not in page


@only_on("sqlite")  # what the coder underlines does not depend on the database
def test_the_words_that_the_machine_went_by_are_marked_and_the_text_stays_whole(coding_cast: CodingCast) -> None:
    coding_cast.say(texts=[SAID[1]])
    page = page_of(coding_cast)
    [shown] = [part.partition("</blockquote>")[0] for part in page.split("<blockquote>")[1:]]
    assert '<mark class="high' in shown
    plain = "".join(part.rpartition(">")[2] for part in shown.split("<"))
    assert plain == SAID[1]


@only_on("sqlite")  # a page and its link do not depend on the database
def test_what_stands_behind_a_point_can_be_made_an_insight_by_those_who_write_them(coding_cast: CodingCast) -> None:
    coding_cast.say(texts=[SAID[0]])
    [link] = re.findall(r'href="([^"]+/insights/new[^"]+)"', page_of(coding_cast))
    form = coding_cast.client.get(html.unescape(link)).text
    assert SAID[0] in form
    assert re.search(r'value="recovery" selected', form)
    with coding_cast.store.write() as session:
        owner = StaffActor(coding_cast.user_ids["owner"], "owner", "Owner", is_admin=False)
        membership.set_role(session, owner, coding_cast.study_id, "teammate", "care")
        person = session.get_one(Participant, (coding_cast.study_id, coding_cast.people["P01"]))
        give_consent(session, "user:test", person, ["diary", "care"], version=1, method="person")
    coding_cast.client.cookies.clear()
    sign_in(coding_cast.client, "teammate", PASSWORD)
    shown = coding_cast.client.get(PAGE).text
    assert SAID[0][:6] in re.sub("<[^>]+>", "", shown)
    assert "/insights/new" not in shown
