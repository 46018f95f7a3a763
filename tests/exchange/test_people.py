"""Taking in a roster by command: every link in a private file, or nobody taken in."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.core.crypto import Keyring
from app.core.db import Database
from app.exchange.errors import Unwritable
from app.exchange.people import import_roster
from app.participants.service import open_diary
from tests.support.scene import SLUG, set_scene

ROSTER = "code,anchor_date,年龄段\nP01,2026-03-08,60-69\nQ1,2026/3/9,50-59\nQ2,,\nQ1,,\nbad code,,\n"
KEYRING = Keyring(b"a secret of the tests, long enough")
ADDRESS = "https://diary.example"


@pytest.mark.usefixtures("cheap_passwords")
def test_links_of_new_people_are_written_once_and_open_their_diary(
    store: Database, engine: Engine, tmp_path: Path
) -> None:
    set_scene(store, KEYRING)
    roster, links = tmp_path / "roster.csv", tmp_path / "links.csv"
    roster.write_text(ROSTER, encoding="gb18030")
    outcome = import_roster(store, KEYRING, SLUG, roster, links, by="test", public_address=ADDRESS)
    assert [one.number for one in outcome.problems] == [5, 6]
    assert outcome.existing == ("P01",)
    assert links.stat().st_mode & 0o077 == 0
    written = list(csv.DictReader(links.read_text(encoding="utf-8-sig").splitlines()))
    assert [one["code"] for one in written] == ["Q1", "Q2"]
    for one in written:
        assert one["link"].startswith(f"{ADDRESS}/d#")
        with store.write() as session:
            for secret in (one["link"], one["short_code"]):
                assert open_diary(session, KEYRING, secret, days=1).participant.code == one["code"]

    roster.write_text("code\nQ3\n", encoding="utf-8")
    with pytest.raises(Unwritable):
        import_roster(store, KEYRING, SLUG, roster, links, by="test", public_address=ADDRESS)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM participant WHERE code = 'Q3'")).scalar_one() == 0
    assert len(links.read_text(encoding="utf-8").splitlines()) == 3, "the links that are there stay"
