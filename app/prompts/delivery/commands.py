"""``xinlu prompts``: whether reminders can go out, by whoever runs the machine."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.orm import Session

from app.core import clock
from app.core.crypto import keyring_of
from app.core.errors import Invalid
from app.core.schema import opened
from app.core.settings import Settings, listed
from app.participants import queries as participants
from app.prompts.channels import Message
from app.prompts.delivery import queries
from app.prompts.delivery.addresses import read_address
from app.prompts.delivery.gateway import SmsChannel
from app.prompts.delivery.ways import CONSOLE, KINDS, names_in_force, open_channels, shut
from app.prompts.delivery.wording import trial
from app.studies.models import Study
from app.web.i18n import mark as _
from app.web.i18n import translate

RECENT = timedelta(days=7)

commands = typer.Typer(help="Reminders: can they go out, and did they.", no_args_is_help=True)


@commands.command("test")
def send_test(
    channel: Annotated[str, typer.Option(help="webpush, email, sms, apprise or console.")],
    to: Annotated[str, typer.Option(help="The address, as the person's page takes it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="sms: print the request, and send nothing.")] = False,
) -> None:
    """Send one test message, and say what became of it. Exit code 1 unless it was taken over."""
    settings = Settings.from_environment()
    keyring = keyring_of(settings)
    if channel not in names_in_force(settings):
        words = shut(settings).get(channel) or _("XINLU_CHANNELS 里没有它")
        raise Invalid(_("这条路没有开"), remedy=words)
    address = "" if channel == CONSOLE else read_address(settings, channel, to)
    message = trial(settings)
    if dry_run:
        _print_request(settings, address, message)
        return
    outcome = open_channels(settings, keyring)[channel].send(address, message)
    print(f"{channel}: {outcome.kind} {outcome.reason}".strip())
    if outcome.kind != "sent":
        raise typer.Exit(1)


@commands.command()
def status() -> None:
    """Print which channels send, whom each study can reach by them, and what became of a week's reminders."""
    settings = Settings.from_environment()
    closed = shut(settings)
    for name in listed(settings.channels):
        print(f"{name}: {translate(closed[name]) if name in closed else translate(_('可以发'))}")
    with opened(settings) as database, database.read() as session:
        for study_id in queries.scheduled_studies(session):
            _print_study(session, settings, study_id)


def _print_study(session: Session, settings: Settings, study_id: UUID) -> None:
    study = session.get_one(Study, study_id)
    found = queries.reachable(session, study_id, names_in_force(settings))
    people = participants.count(session, study_id)
    ways = ", ".join(f"{translate(KINDS[name])} {found[name]}" for name in found if name)
    words = translate(_("%(slug)s：%(people)s 人，找得到 %(found)s 人"))
    print(words % {"slug": study.slug, "people": people, "found": found[""]} + (f" ({ways})" if ways else ""))
    for (channel, state), count in sorted(queries.tally(session, study_id, clock.now() - RECENT).items()):
        print(f"  {channel or '-'} {state} {count}")


def _print_request(settings: Settings, address: str, message: Message) -> None:
    request = SmsChannel(settings).request(address, message)
    print(f"{request.method} {request.url}")
    for name, value in request.headers.items():
        # A gateway's key stands in a header, and this is pasted into questions.
        print(f"{name}: {value if name.lower() == 'content-type' else '*' * len(value)}")
    print(f"\n{request.body.decode()}")
