"""Photos and voice notes: taken once, made new, shown only to whom they belong, gone with their person."""

import hashlib
import io
import json
import struct
import threading
import zlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]
from httpx2 import Response
from PIL import Image, TiffImagePlugin
from sqlalchemy import Engine, event, text

from app.accounts.actors import StaffActor
from app.core import clock
from app.core.db import Database
from app.diary import limits, phones
from app.diary.media import EDGE
from app.participants import service as participants
from app.participants.erasure import erase_expired
from app.participants.models import Participant
from app.studies import membership
from tests.support.cast import Cast
from tests.support.phone import HIDDEN
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in
from tests.support.syncing import SyncingPhone, syncing_phone

GPS_WORDS = b"where-i-live"


@pytest.fixture
def phone(cast: Cast) -> SyncingPhone:
    return syncing_phone(cast)


@pytest.fixture
def entry_id(phone: SyncingPhone) -> UUID:
    made = uuid4()
    assert phone.send(phone.entry(), made).status_code == 201
    return made


def picture(size: tuple[int, int] = (640, 480), colour: str = "teal", kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(more.pop("mode", "RGB"), size, more.pop("fill", colour)).save(out, kind, **more)
    return out.getvalue()


def sound(seconds: float = 1.0, *, rate: int = 16_000, kind: str = "WAV", channels: int = 1, **more: Any) -> bytes:
    wave = 0.4 * np.sin(np.arange(int(rate * seconds)) * 0.2)
    out = io.BytesIO()
    soundfile.write(out, np.column_stack([wave] * channels), rate, format=kind, **more)
    return out.getvalue()


def code(answer: Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def listed(cast: Cast, entry_id: UUID) -> list[dict[str, Any]]:
    return list(cast.get(f"/entries/{entry_id}").json()["attachments"])


def kept(cast: Cast, entry_id: UUID) -> bytes:
    """Return the bytes of an entry's only attachment, as a program gets them."""
    (one,) = listed(cast, entry_id)
    answer = cast.client.get(one["url"], headers=cast.headers["owner"])
    assert answer.status_code == 200
    assert len(answer.content) == one["size"]
    return answer.content


def count(engine: Engine, table: str = "attachment") -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_photo_is_stored_and_its_receipt_proves_the_bytes_that_were_sent(
    phone: SyncingPhone, entry_id: UUID, cast: Cast
) -> None:
    sent, attachment_id = picture(), uuid4()
    answer = phone.attach(entry_id, "photo", "image/jpeg", sent, attachment_id)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == str(attachment_id)
    assert phone.proves(answer.json(), hashlib.sha256(sent).hexdigest())
    (one,) = listed(cast, entry_id)
    assert (one["kind"], one["media_type"], one["width"], one["height"]) == ("photo", "image/jpeg", 640, 480)
    with Image.open(io.BytesIO(kept(cast, entry_id))) as made:
        assert (made.format, made.size, made.mode) == ("JPEG", (640, 480), "RGB")


def test_a_voice_note_becomes_mp3_of_one_channel_without_tags(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 44_100, 2, format="WAV", subtype="IMA_ADPCM") as made:
        made.title = GPS_WORDS.decode()
        made.write(np.full((44_100 * 2, 2), 0.25))
    assert GPS_WORDS in out.getvalue()
    assert phone.attach(entry_id, "voice", "audio/wav", out.getvalue()).status_code == 201
    content = kept(cast, entry_id)
    assert GPS_WORDS not in content
    heard = soundfile.SoundFile(io.BytesIO(content))
    assert (heard.format, heard.channels, heard.samplerate) == ("MP3", 1, 44_100)
    assert listed(cast, entry_id)[0]["seconds"] == pytest.approx(2, abs=0.1)
    assert np.abs(heard.read()[4410:-4410]).mean() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("kind", ["WAV", "MP3", "OGG", "FLAC"])
def test_voice_notes_come_in_what_phones_make(phone: SyncingPhone, entry_id: UUID, cast: Cast, kind: str) -> None:
    assert phone.attach(entry_id, "voice", "audio/any", sound(kind=kind)).status_code == 201
    assert soundfile.info(io.BytesIO(kept(cast, entry_id))).format == "MP3"


def exif(**tags: Any) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = tags.get("orientation", 1)
    made[0x010F] = "PhoneMaker"
    made.get_ifd(0x8825)[2] = tuple(TiffImagePlugin.IFDRational(n) for n in (31, 13, 52))
    made.get_ifd(0x8825)[29] = GPS_WORDS.decode()
    return made


def test_where_a_photo_was_taken_and_by_what_is_gone(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    xmp = b"<x:xmpmeta>" + GPS_WORDS + b"</x:xmpmeta>"
    sent = picture(exif=exif(), comment=GPS_WORDS, xmp=xmp, icc_profile=GPS_WORDS * 20, dpi=(300, 300))
    assert sent.count(GPS_WORDS) >= 4
    assert phone.attach(entry_id, "photo", "image/jpeg", sent).status_code == 201
    content = kept(cast, entry_id)
    for trace in (GPS_WORDS, b"PhoneMaker", b"Exif", b"xmpmeta", b"ICC_PROFILE"):
        assert trace not in content
    with Image.open(io.BytesIO(content)) as made:
        assert not made.getexif()
        assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photo_stands_upright_and_is_no_larger_than_needed(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    lying = Image.new("RGB", (4000, 2000), "white")
    lying.paste("red", (0, 0, 400, 400))
    out = io.BytesIO()
    lying.save(out, "JPEG", exif=exif(orientation=6))
    assert phone.attach(entry_id, "photo", "image/jpeg", out.getvalue()).status_code == 201
    with Image.open(io.BytesIO(kept(cast, entry_id))) as made:
        assert made.size == (EDGE // 2, EDGE)
        red, green, _ = made.getpixel((EDGE // 2 - 40, 40))  # type: ignore[misc]
        assert (red > 200, green < 80) == (True, True)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (picture(mode="CMYK", fill=(0, 255, 255, 0)), (255, 0, 0)),
        (picture(kind="PNG", mode="RGBA", fill=(0, 0, 0, 0)), (255, 255, 255)),
        (picture(kind="PNG", mode="LA", fill=(0, 255)), (0, 0, 0)),
        (picture(kind="PNG", mode="I;16", fill=65_535), (255, 255, 255)),
        (picture(kind="PNG", mode="I;16", fill=32_768), (128, 128, 128)),
        (picture(kind="PNG", mode="1", fill=1), (255, 255, 255)),
        (picture(kind="PNG", mode="P", fill=0, transparency=0), (255, 255, 255)),
        (picture(kind="WEBP", fill="blue", lossless=True), (0, 0, 255)),
        (
            picture(kind="GIF", fill="red", save_all=True, append_images=[Image.new("RGB", (640, 480), "blue")]),
            (255, 0, 0),
        ),
    ],
    ids=["cmyk", "clear", "grey with alpha", "16 bit white", "16 bit grey", "1 bit", "palette", "webp", "animated"],
)
def test_pictures_of_every_make_become_the_same(
    phone: SyncingPhone, entry_id: UUID, cast: Cast, sent: bytes, expected: tuple[int, int, int]
) -> None:
    assert phone.attach(entry_id, "photo", "image/any", sent).status_code == 201
    with Image.open(io.BytesIO(kept(cast, entry_id))) as made:
        assert (made.format, made.mode, getattr(made, "n_frames", 1)) == ("JPEG", "RGB", 1)
        assert made.getpixel((300, 200)) == pytest.approx(expected, abs=3)


def bomb(width: int, height: int) -> bytes:
    """Return a picture of a few hundred bytes that declares itself huge."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5001, 5000), (12_000, 9_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_would_fill_the_memory_is_refused_unread(
    phone: SyncingPhone, entry_id: UUID, engine: Engine, size: tuple[int, int]
) -> None:
    assert code(phone.attach(entry_id, "photo", "image/png", bomb(*size))) == (413, "too_large")
    assert count(engine) == 0


def test_files_over_the_limit_are_refused(phone: SyncingPhone, entry_id: UUID, engine: Engine) -> None:
    padded = picture() + bytes(limits.PHOTO_BYTES)
    assert code(phone.attach(entry_id, "photo", "image/jpeg", padded[: limits.PHOTO_BYTES + 1])) == (413, "too_large")
    huge = phone.client.put(
        f"/d/sync/attachments/{uuid4()}", content=bytes(limits.ATTACHMENT_BODY + 1), headers={"X-Xinlu-Sync": "1"}
    )
    assert (huge.status_code, huge.json()["code"]) == (413, "too_large")
    long = sound(limits.VOICE_SECONDS + 5, rate=8000, subtype="IMA_ADPCM")
    assert code(phone.attach(entry_id, "voice", "audio/wav", long)) == (413, "too_large")
    silence = io.BytesIO()
    soundfile.write(silence, np.zeros(48_000 * 3600, dtype="int16"), 48_000, format="FLAC")
    assert len(silence.getvalue()) < limits.VOICE_BYTES
    assert code(phone.attach(entry_id, "voice", "audio/flac", silence.getvalue())) == (413, "too_large")
    assert count(engine) == 0
    assert phone.attach(entry_id, "photo", "image/jpeg", padded[: limits.PHOTO_BYTES]).status_code == 201


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("photo", b"<html><script>alert(1)</script></html>", (415, "unsupported_type")),
        ("photo", b"%PDF-1.7 nothing", (415, "unsupported_type")),
        ("photo", b"<svg xmlns='http://www.w3.org/2000/svg'/>", (415, "unsupported_type")),
        ("photo", picture(kind="TIFF"), (415, "unsupported_type")),
        ("photo", b"", (415, "unsupported_type")),
        ("photo", picture()[:700], (422, "attachment_broken")),
        ("photo", picture(kind="PNG")[:200], (422, "attachment_broken")),
        ("voice", b"not a sound at all", (415, "unsupported_type")),
        ("voice", b"", (415, "unsupported_type")),
        ("voice", picture(), (415, "unsupported_type")),
        ("voice", sound(kind="AIFF"), (415, "unsupported_type")),
        ("voice", sound(rate=96_000), (415, "unsupported_type")),
        ("voice", sound(channels=6), (415, "unsupported_type")),
        ("voice", sound(0.0), (422, "attachment_broken")),
    ],
)
def test_what_is_no_photo_or_voice_is_refused_in_words(
    phone: SyncingPhone, entry_id: UUID, engine: Engine, kind: str, content: bytes, expected: tuple[int, str]
) -> None:
    answer = phone.attach(entry_id, kind, "image/jpeg", content)
    assert code(answer) == expected
    assert answer.json()["title"]
    assert answer.json()["detail"]
    assert count(engine) == 0


def test_a_page_hidden_in_a_photo_is_not_served(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    page = b"<html><script>alert(document.cookie)</script>"
    polyglot = picture(comment=page) + page
    assert phone.attach(entry_id, "photo", "text/html", polyglot, name="evil.html").status_code == 201
    (one,) = listed(cast, entry_id)
    for who, address in ((phone.client, f"/d/attachments/{one['id']}"), (cast.client, one["url"])):
        answer = who.get(address, headers=cast.headers["owner"] if who is cast.client else {})
        assert answer.status_code == 200
        assert b"script" not in answer.content
        headers = answer.headers
        assert (headers["content-type"], headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
        assert headers["content-disposition"] == 'inline; filename="photo.jpg"'
        assert "sandbox" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


def test_the_same_file_again_is_the_same_and_another_is_a_conflict(
    phone: SyncingPhone, entry_id: UUID, engine: Engine
) -> None:
    attachment_id = uuid4()
    first = phone.attach(entry_id, "photo", "image/jpeg", picture(), attachment_id)
    second = phone.attach(entry_id, "photo", "image/jpeg", picture(), attachment_id)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    other = phone.attach(entry_id, "photo", "image/jpeg", picture(colour="red"), attachment_id)
    assert code(other) == (409, "attachment_conflict")
    assert count(engine) == 1


def test_one_file_sent_many_times_at_once_is_stored_once(phone: SyncingPhone, entry_id: UUID, engine: Engine) -> None:
    attachment_id, sent = uuid4(), picture()
    barrier, answers = threading.Barrier(4), []

    def send() -> None:
        barrier.wait()
        answers.append(phone.attach(entry_id, "photo", "image/jpeg", sent, attachment_id))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert len({one.text for one in answers}) == 1
    assert (count(engine), count(engine, "attachment_content")) == (1, 1)


def test_an_entry_holds_four_photos_and_two_voice_notes_even_when_they_come_at_once(
    phone: SyncingPhone, entry_id: UUID, cast: Cast
) -> None:
    answers: list[Response] = []

    def send(number: int) -> None:
        answers.append(phone.attach(entry_id, "photo", "image/jpeg", picture((40 + number, 40))))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert sorted(one.status_code for one in answers) == [201] * 4 + [422] * 2
    assert {one.json()["code"] for one in answers if one.status_code == 422} == {"too_many_attachments"}
    assert [phone.attach(entry_id, "voice", "audio/wav", sound(n)).status_code for n in (1, 2, 3)] == [201, 201, 422]
    assert [one["kind"] for one in listed(cast, entry_id)] == ["photo"] * 4 + ["voice"] * 2


def test_an_attachment_before_its_entry_waits(phone: SyncingPhone, engine: Engine) -> None:
    entry_id, attachment_id = uuid4(), uuid4()
    assert code(phone.attach(entry_id, "photo", "image/jpeg", picture(), attachment_id)) == (425, "entry_first")
    phone.send(phone.entry(), entry_id)
    assert phone.attach(entry_id, "photo", "image/jpeg", picture(), attachment_id).status_code == 201
    assert count(engine) == 1


def test_it_hangs_only_on_ones_own_entry(phone: SyncingPhone, entry_id: UUID, cast: Cast, engine: Engine) -> None:
    other = syncing_phone(cast, "P02")
    assert code(other.attach(entry_id, "photo", "image/jpeg", picture())) == (425, "entry_first")
    mine = other.attach(entry_id, "photo", "image/jpeg", picture(), participant=str(phone.person))
    assert code(mine) == (403, "other_person")
    assert count(engine) == 0


@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"\0\0\0\x02[]", b"\xff\xff\xff\xff{}", b"\0\0\0\x09{}", b"\0\0\0\x02{}"]
)
def test_a_parcel_that_cannot_be_read_is_refused(phone: SyncingPhone, content: bytes) -> None:
    attachment_id = uuid4()
    answer = phone.put("attachment", attachment_id, phone.seal("attachment", attachment_id, content))
    assert code(answer) == (422, "invalid")


def test_without_a_sign_in_or_after_leaving_nothing_is_taken(
    phone: SyncingPhone, entry_id: UUID, store: Database, engine: Engine
) -> None:
    attachment_id, sent = uuid4(), picture()
    first = phone.attach(entry_id, "photo", "image/jpeg", sent, attachment_id)
    with store.write() as session:
        participants.withdraw(session, "user:test", session.get_one(Participant, (phone.study_id, phone.person)))
    assert code(phone.attach(entry_id, "photo", "image/jpeg", sent)) == (410, "withdrawn")
    assert phone.attach(entry_id, "photo", "image/jpeg", sent, attachment_id).json() == first.json()
    phone.client.cookies.clear()
    assert code(phone.attach(entry_id, "photo", "image/jpeg", sent)) == (401, "unauthenticated")
    assert count(engine) == 1


def test_a_phones_clock_does_not_matter_and_what_waits_on_it_is_known(
    phone: SyncingPhone, entry_id: UUID, cast: Cast, store: Database
) -> None:
    phone.headers |= {"X-Sent-At": "2061-01-01T09:00:00+08:00", "X-Unsent": "3"}
    now = clock.now()
    with clock.frozen_at(now):
        said = "2061-01-01T08:30:00+08:00"
        assert phone.attach(entry_id, "photo", "image/jpeg", picture(), recorded_at=said).status_code == 201
        assert phone.attach(uuid4(), "photo", "image/jpeg", picture(), recorded_at=said).status_code == 425
    (one,) = listed(cast, entry_id)
    assert datetime.fromisoformat(one["recorded_at"]) == now - timedelta(minutes=30)
    with store.read() as session:
        assert phones.unsent_known(session, phone.study_id)[phone.person][0] == 3


def attached(phone: SyncingPhone, entry_id: UUID) -> str:
    answer = phone.attach(entry_id, "photo", "image/jpeg", picture())
    assert answer.status_code == 201
    return str(answer.json()["id"])


def test_on_phones_only_its_own_person_sees_it(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    address = f"/d/attachments/{attached(phone, entry_id)}"
    assert phone.client.get(address).status_code == 200
    other = syncing_phone(cast, "P02")
    absent = other.client.get(f"/d/attachments/{uuid4()}")
    assert other.client.get(address).status_code == absent.status_code == 404
    phone.client.cookies.clear()
    assert phone.client.get(address).status_code == 303


def add_care(cast: Cast, who: str) -> None:
    with cast.store.write() as session:
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        membership.set_role(session, owner, cast.study_id, who, "care")


def test_of_the_staff_only_readers_of_words_see_it_and_care_only_with_consent(
    phone: SyncingPhone, entry_id: UUID, cast: Cast
) -> None:
    add_care(cast, "stranger")
    attachment_id = attached(phone, entry_id)
    seen = {
        who: cast.get(f"/attachments/{attachment_id}", who=who).status_code
        for who in ("owner", "teammate", "viewer", "stranger")
    }
    assert seen == {"owner": 200, "teammate": 200, "viewer": 403, "stranger": 404}
    page = phone.client.get("/d/consent")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    agreed = {"version": "1", "purposes": ["diary", "care"], "csrf_token": token}
    assert phone.client.post("/d/consent", data=agreed).status_code == 303
    assert cast.get(f"/attachments/{attachment_id}", who="stranger").status_code == 200
    assert cast.client.get(f"/studies/{SLUG}/attachments/{attachment_id}").status_code == 303
    narrow = cast.key("owner", "curves:read")
    address = f"/api/v1/studies/{SLUG}/attachments/{attachment_id}"
    assert cast.client.get(address, headers=narrow).json()["code"] == "missing_scope"


def test_another_studys_attachment_cannot_be_told_from_an_absent_one(
    phone: SyncingPhone, entry_id: UUID, cast: Cast
) -> None:
    attachment_id = attached(phone, entry_id)
    body = {"title": "另一项", "slug": "other", "template": "blank"}
    made = cast.client.post("/api/v1/studies", json=body, headers=cast.headers["stranger"])
    assert made.status_code == 201, made.text

    def get(which: object) -> Response:
        return cast.client.get(f"/api/v1/studies/other/attachments/{which}", headers=cast.headers["stranger"])

    theirs, absent = get(attachment_id), get(uuid4())
    assert (theirs.status_code, theirs.json()) == (404, absent.json())


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-50", 206, slice(-50, None)),
        ("bytes=0-999999999", 206, slice(0, None)),
        ("bytes=999999999-", 416, None),
        ("bytes=50-20", 416, None),
        ("lines=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
    ],
)
def test_players_may_ask_for_a_part(
    phone: SyncingPhone, entry_id: UUID, asked: str, status: int, part: slice | None
) -> None:
    answer = phone.attach(entry_id, "voice", "audio/wav", sound())
    address = f"/d/attachments/{answer.json()['id']}"
    whole = phone.client.get(address).content
    got = phone.client.get(address, headers={"Range": asked})
    assert got.status_code == status
    assert got.content == (whole[part] if part else b"")
    if status == 206:
        first, last = got.headers["content-range"].removeprefix("bytes ").partition("/")[0].split("-")
        assert int(last) - int(first) + 1 == len(got.content)


def test_the_log_says_that_it_came_and_holds_nothing_of_it(phone: SyncingPhone, entry_id: UUID, engine: Engine) -> None:
    attachment_id = attached(phone, entry_id)
    with engine.connect() as connection:
        query = text("SELECT actor, detail FROM audit_event WHERE action = 'attachment.create'")
        ((actor, detail),) = connection.execute(query)
    assert actor == f"participant:{phone.person}"
    told = json.loads(detail) if isinstance(detail, str) else detail
    assert told == {"attachment": attachment_id, "entry": str(entry_id), "kind": "photo"}


def test_erasing_people_takes_their_files_along(
    phone: SyncingPhone, entry_id: UUID, store: Database, engine: Engine
) -> None:
    attached(phone, entry_id)
    with engine.begin() as connection:
        connection.execute(text("UPDATE study SET retention_until = :day"), {"day": date(2020, 1, 1)})
    with store.write() as session:
        assert erase_expired(session, phone.study_id) == 2
    assert (count(engine), count(engine, "attachment_content"), count(engine, "phone_queue")) == (0, 0, 0)


def test_what_a_list_reads_holds_no_bytes(phone: SyncingPhone, entry_id: UUID, cast: Cast, engine: Engine) -> None:
    attached(phone, entry_id)
    asked: list[str] = []
    for one in (cast.store.reader, cast.app.state.database.reader):
        event.listen(one, "before_cursor_execute", lambda *given: asked.append(given[2]))
    (row,) = cast.get("/entries").json()["rows"]
    assert len(row["attachments"]) == 1
    assert asked
    assert not any("attachment_content" in statement for statement in asked)


def form(phone: SyncingPhone, entry_id: UUID | None = None) -> dict[str, str]:
    page = phone.client.get("/d/today")
    fields = dict(HIDDEN.findall(page.text)) | {"stage": "recovery", "when": "now", "answers.mood": "4"}
    return fields | ({"entry_id": str(entry_id)} if entry_id else {})


def post(phone: SyncingPhone, fields: dict[str, str], *files: tuple[str, bytes]) -> Response:
    parts = [(kind, (f"{kind}.bin", content, "application/octet-stream")) for kind, content in files]
    return phone.client.post("/d/entries", data=fields, files=parts)


def test_without_scripts_the_form_carries_files_and_sent_again_adds_nothing(phone: SyncingPhone, cast: Cast) -> None:
    fields = form(phone)
    files = [("photo", picture(exif=exif())), ("photo", picture(colour="red")), ("voice", sound()), ("voice", b"")]
    for _ in range(2):
        answer = post(phone, fields, *files)
        assert answer.status_code == 303, answer.text
    entry_id = UUID(fields["entry_id"])
    assert [one["kind"] for one in listed(cast, entry_id)] == ["photo", "photo", "voice"]
    page = phone.client.get(answer.headers["location"]).text
    for one in listed(cast, entry_id):
        assert f"/d/attachments/{one['id']}" in page


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([("photo", b"<html>")], 415),
        ([("photo", picture()[:700])], 422),
        ([("photo", bomb(6000, 6000))], 413),
        ([("photo", bytes(limits.PHOTO_BYTES + 1))], 413),
        ([("photo", picture((40, n + 40))) for n in range(5)], 422),
        ([("photo", picture()), ("voice", b"nothing")], 415),
    ],
)
def test_a_file_that_cannot_be_taken_leaves_what_was_typed_on_the_page(
    phone: SyncingPhone, engine: Engine, files: list[tuple[str, bytes]], status: int
) -> None:
    answer = post(phone, form(phone) | {"answers.feeling": "还在页面上"}, *files)
    assert answer.status_code == status
    assert "还在页面上" in answer.text
    assert (count(engine, "entry"), count(engine)) == (0, 0)


def signed_in(cast: Cast, who: str) -> None:
    cast.client.cookies.clear()
    assert sign_in(cast.client, who, PASSWORD).status_code == 303


def test_one_entry_is_shown_whole_to_staff(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    photo = attached(phone, entry_id)
    voice = phone.attach(entry_id, "voice", "audio/wav", sound()).json()["id"]
    etag = cast.client.get(f"/api/v1/studies/{SLUG}/entries/{entry_id}", headers=cast.headers["owner"]).headers["etag"]
    cast.put(cast.entry("改过以后的话。"), entry_id, if_match=etag)
    signed_in(cast, "owner")
    page = cast.client.get(f"/studies/{SLUG}/entries/{entry_id}")
    assert page.status_code == 200
    receipt = cast.get(f"/entries/{entry_id}").json()["receipt"]
    for shown in ("夜里疼醒了两回。", "改过以后的话。", "P01", receipt["digest"], receipt["signature"]):
        assert shown in page.text
    for one in (photo, voice):
        address = f"/studies/{SLUG}/attachments/{one}"
        assert f'src="{address}"' in page.text
        assert cast.client.get(address).status_code == 200
    (statement,) = cast.get(f"/entries/{entry_id}").json()["statements"]
    assert f"/studies/{SLUG}/statements/{statement['id']}" in page.text
    back = cast.client.get(f"/studies/{SLUG}/statements/{statement['id']}")
    assert f'href="/studies/{SLUG}/entries/{entry_id}"' in back.text


def test_an_entry_page_is_for_readers_of_words_only(phone: SyncingPhone, entry_id: UUID, cast: Cast) -> None:
    address = f"/studies/{SLUG}/entries/{entry_id}"
    add_care(cast, "stranger")
    for who, status in (("viewer", 403), ("stranger", 404), ("teammate", 200)):
        signed_in(cast, who)
        assert cast.client.get(address).status_code == status
        assert cast.client.get(f"/studies/{SLUG}/entries/{uuid4()}").status_code == (403 if who == "viewer" else 404)


def test_a_persons_entries_are_listed_for_readers_with_what_they_carry(
    phone: SyncingPhone, entry_id: UUID, cast: Cast
) -> None:
    attached(phone, entry_id)
    bare = uuid4()
    phone.send(phone.entry(answers={"mood": 8}), bare)
    address = f"/studies/{SLUG}/participants/{phone.person}/entries"
    signed_in(cast, "owner")
    assert address in cast.client.get(f"/studies/{SLUG}/participants/{phone.person}").text
    page = cast.client.get(address)
    assert page.status_code == 200
    for one in (entry_id, bare):
        assert f'href="/studies/{SLUG}/entries/{one}"' in page.text
    assert page.text.count("1 张照片") == 1
    assert cast.client.get(f"/studies/{SLUG}/participants/{uuid4()}/entries").status_code == 404
    add_care(cast, "stranger")
    signed_in(cast, "stranger")
    assert cast.client.get(address).status_code == 404
