"""Each channel against a server that answers as the real ones do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from app.core import clock
from app.core.crypto import Keyring
from app.core.settings import Settings, SettingsError
from app.prompts.channels import Message
from app.prompts.delivery.gateway import SmsChannel
from app.prompts.delivery.hosts import AddressForbidden, check_host
from app.prompts.delivery.keys import vapid_public
from app.prompts.delivery.mail import MailChannel
from app.prompts.delivery.relay import AppriseChannel, check_relay, joined
from app.prompts.delivery.webpush import WebPushChannel
from tests.support.browser_subscription import BrowserSubscription, vapid_claims
from tests.support.listening import Answer, Listener, Mailbox, listening, mail_server

# What apprise itself imports; it is loaded by whichever test comes first.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
PROMPT = UUID("01890000-0000-7000-8000-000000000001")
KEYRING = Keyring(b"s" * 32)
HARD = '他说:"疼"\\ {to} & 100%\n第二行'


def message(words: str = "今天过得怎么样？写一两句就好。") -> Message:
    return Message(
        key=PROMPT,
        title="来写两句吗？",
        words=words,
        url=f"https://diary.example.org/d/p/{PROMPT}",
        expires_at=clock.now() + timedelta(hours=2),
    )


@pytest.fixture
def server() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def settings(**given: object) -> Settings:
    return Settings.model_validate({"base_url": "https://diary.example.org", **given})


# Web push


def pushing(server: Listener) -> tuple[WebPushChannel, BrowserSubscription, str]:
    channel = WebPushChannel(settings(internal_hosts=server.host, vapid_subject="push@example.org"), KEYRING)
    browser = BrowserSubscription(f"http://{server.host}/push/abc")
    return channel, browser, json.dumps(browser.given)


def test_a_push_can_be_opened_by_the_browser_alone_and_is_signed(server: Listener) -> None:
    channel, browser, address = pushing(server)
    assert channel.send(address, message()).kind == "sent"
    (request,) = server.got
    opened = browser.open(request.body)
    assert opened["title"] == "来写两句吗？"
    assert opened["url"] == f"https://diary.example.org/d/p/{PROMPT}"
    assert "今天过得怎么样" in opened["body"]
    assert "今天".encode() not in request.body
    assert request.headers["content-encoding"] == "aes128gcm"
    assert 7000 < int(request.headers["ttl"]) <= 7200
    claims = vapid_claims(request.headers["authorization"], vapid_public(KEYRING))
    assert claims["sub"] == "mailto:push@example.org"
    assert claims["aud"].startswith("http://127.0.0.1")


def test_a_repeated_push_has_the_same_topic_and_tag(server: Listener) -> None:
    channel, browser, address = pushing(server)
    channel.send(address, message())
    channel.send(address, message())
    first, second = server.got
    assert first.headers["topic"] == second.headers["topic"]
    assert len(first.headers["topic"]) <= 32  # RFC 8030
    assert browser.open(first.body)["tag"] == browser.open(second.body)["tag"] == first.headers["topic"]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        (410, {}, "gone", None),
        (404, {}, "gone", None),
        (429, {"Retry-After": "120"}, "later", 120.0),
        (503, {}, "later", None),
        (403, {}, "refused", None),
        (307, {"Location": "http://127.0.0.1:1/"}, "refused", None),
        (0, {}, "uncertain", None),
    ],
)
def test_what_a_push_service_answers(
    server: Listener, status: int, headers: dict[str, str], kind: str, wait: float | None
) -> None:
    channel, _browser, address = pushing(server)
    server.answer = lambda _request: Answer(status, headers=headers)
    outcome = channel.send(address, message())
    assert (outcome.kind, outcome.wait) == (kind, wait)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/push",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/push",
        "https://2130706433/push",
        "https://localhost/push",
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:8443/fcm/send/abc",
        "https://evil.example.org/?fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example.org/",
        "https://user:secret@fcm.googleapis.com/fcm/send/abc",
        "https://evil-fcm.googleapis.com.example.org/",
        "https://push.services.mozilla.com.example.org/",
    ],
)
def test_no_host_is_called_but_those_of_push_services(endpoint: str) -> None:
    with pytest.raises(AddressForbidden):
        check_host(settings(), endpoint, ["fcm.googleapis.com", "*.push.services.mozilla.com"])
    address = json.dumps(BrowserSubscription(endpoint).given)
    assert WebPushChannel(settings(), KEYRING).send(address, message()).kind == "gone"


def test_a_push_service_whose_name_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def leads_inside(host: str, port: object, **_rest: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr("socket.getaddrinfo", leads_inside)
    monkeypatch.setattr("app.prompts.delivery.hosts.getproxies", dict)
    with pytest.raises(AddressForbidden, match="address_private"):
        check_host(settings(), "https://fcm.googleapis.com/x", ["fcm.googleapis.com"])


def test_a_push_whose_answer_got_lost_is_repeated_under_its_topic(server: Listener) -> None:
    channel, _browser, address = pushing(server)
    server.answer = lambda _request: Answer(0 if len(server.got) == 1 else 201)
    assert channel.send(address, message()).kind == "sent"
    assert len({one.headers["topic"] for one in server.got}) == 1
    assert len(server.got) == 2


def test_a_push_service_that_is_not_there_leaves_other_ways_open() -> None:
    channel = WebPushChannel(settings(internal_hosts="127.0.0.1:1"), KEYRING)
    address = json.dumps(BrowserSubscription("http://127.0.0.1:1/push").given)
    assert channel.send(address, message()).kind == "unreached"


# E-mail


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server(tmp_path) as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        yield box


def mailing(box: Mailbox, **given: object) -> MailChannel:
    common = {"smtp_host": "localhost", "smtp_port": box.port, "smtp_from": "diary@example.org"}
    return MailChannel(settings(**{**common, **given}))


def letter(box: Mailbox) -> EmailMessage:
    (found,) = box.letters
    read = message_from_bytes(found[1], policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_a_mail_goes_over_an_encrypted_line_and_says_how_to_stop(mailbox: Mailbox) -> None:
    channel = mailing(mailbox, smtp_user="diary", smtp_password="secret of the mail")
    assert channel.send("wang@example.org", message()).kind == "sent"
    assert mailbox.protected == [True]
    assert mailbox.signed_in == ["\0diary\0secret of the mail"]
    mail = letter(mailbox)
    assert mail["to"] == "wang@example.org"
    assert mail["message-id"] == f"<{PROMPT}@diary.example.org>"
    assert mail["list-unsubscribe"] == "<https://diary.example.org/d/reminders>"
    plain = mail.get_body(("plain",))
    rich = mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert f"https://diary.example.org/d/p/{PROMPT}" in plain.get_content()
    assert f'href="https://diary.example.org/d/p/{PROMPT}"' in rich.get_content()


def test_words_cannot_break_out_of_a_mail(mailbox: Mailbox) -> None:
    mailing(mailbox).send("wang@example.org", message('<img src="https://example.net/x">\r\nBcc: li@example.org'))
    mail = letter(mailbox)
    rich = mail.get_body(("html",))
    assert rich is not None
    assert "<img" not in rich.get_content()
    assert mail["bcc"] is None


def test_a_server_that_nobody_vouches_for_gets_no_mail(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert mailing(mailbox).send("wang@example.org", message()).kind == "unreached"
    assert mailbox.letters == []


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("RCPT", "550 no such person", "refused"),
        ("RCPT", "450 come again", "later"),
        ("MAIL", "550 not you", "unreached"),
        ("DATA", "552 too much", "refused"),
        ("DATA", "451 come again", "later"),
    ],
)
def test_what_a_mail_server_answers(mailbox: Mailbox, command: str, answer: str, kind: str) -> None:
    mailbox.say[command] = answer
    assert mailing(mailbox).send("wang@example.org", message()).kind == kind


def test_a_line_that_breaks_after_the_letter_leaves_it_uncertain(mailbox: Mailbox) -> None:
    mailbox.drop_at = "DATA"
    assert mailing(mailbox).send("wang@example.org", message()).kind == "uncertain"


def test_a_line_that_breaks_before_the_letter_is_tried_again(mailbox: Mailbox) -> None:
    mailbox.drop_at = "RCPT"
    assert mailing(mailbox).send("wang@example.org", message()).kind == "unreached"


# Text messages


def texting(server: Listener, **given: object) -> SmsChannel:
    return SmsChannel(settings(sms_url=f"http://{server.host}/send", **given))


def test_a_json_gateway_gets_every_word_as_it_is(server: Listener) -> None:
    template = '{"phone": "{to}", "content": {"body": "{text} {link}", "n": 1}, "id": "{key}"}'
    channel = texting(server, sms_body=template, sms_headers='{"X-Key": "k-123"}')
    assert channel.send("+8613800001234", message(HARD)).kind == "sent"
    (request,) = server.got
    told = json.loads(request.body)
    assert told["phone"] == "+8613800001234"
    assert told["content"] == {"body": f"{HARD} https://diary.example.org/d/p/{PROMPT}", "n": 1}
    assert told["id"] == str(PROMPT)
    assert request.headers["x-key"] == "k-123"
    assert request.headers["content-type"] == "application/json"


def test_a_form_gateway_gets_every_word_as_it_is(server: Listener) -> None:
    texting(server, sms_body="mobile={to}&msg={text}&sign=a%2Bb").send("13800001234", message(HARD))
    (request,) = server.got
    assert parse_qs(request.body.decode()) == {"mobile": ["13800001234"], "msg": [HARD], "sign": ["a+b"]}
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_gateway_by_get_has_its_words_in_the_address(server: Listener) -> None:
    channel = SmsChannel(settings(sms_url=f"http://{server.host}/s?to={{to}}&m={{text}}", sms_method="GET"))
    assert channel.send("13800001234", message(HARD)).kind == "sent"
    (request,) = server.got
    assert parse_qs(request.path.partition("?")[2]) == {"to": ["13800001234"], "m": [HARD]}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"result": {"code": 0}}', "sent"),
        (200, b'{"result": {"code": 4}}', "refused"),
        (200, b"not json", "refused"),
        (400, b"{}", "refused"),
        (429, b"{}", "later"),
        (502, b"{}", "uncertain"),
        (0, b"", "uncertain"),
    ],
)
def test_what_a_gateway_answers(server: Listener, status: int, body: bytes, kind: str) -> None:
    server.answer = lambda _request: Answer(status, body)
    assert texting(server, sms_success="result.code=0").send("13800001234", message()).kind == kind


def test_a_gateway_that_is_not_there_is_tried_again() -> None:
    assert SmsChannel(settings(sms_url="http://127.0.0.1:1/")).send("13800001234", message()).kind == "unreached"


# apprise


def test_a_service_of_apprise_gets_the_words_and_the_link(server: Listener) -> None:
    channel = AppriseChannel(settings(apprise_schemas="json", internal_hosts=server.host))
    assert channel.send(f"json://{server.host}/hook", message()).kind == "sent"
    (request,) = server.got
    told = json.loads(request.body)
    assert told["title"] == "来写两句吗？"
    assert told["message"] == f"今天过得怎么样？写一两句就好。\nhttps://diary.example.org/d/p/{PROMPT}"


@pytest.mark.parametrize(("status", "kind"), [(403, "refused"), (0, "uncertain")])
def test_what_a_service_of_apprise_answers(server: Listener, status: int, kind: str) -> None:
    server.answer = lambda _request: Answer(status)
    channel = AppriseChannel(settings(apprise_schemas="json", internal_hosts=server.host))
    assert channel.send(f"json://{server.host}/hook", message()).kind == kind


def test_a_redirect_of_such_a_service_is_not_followed(server: Listener) -> None:
    moved = Answer(307, headers={"Location": f"http://{server.host}/inside"})
    server.answer = lambda request: moved if request.path == "/hook" else Answer(200)
    channel = AppriseChannel(settings(apprise_schemas="json", internal_hosts=server.host))
    assert channel.send(f"json://{server.host}/hook", message()).kind == "refused"
    assert [one.path for one in server.got] == ["/hook"]


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1:9000/hook",
        "file:///etc/passwd",
        "syslog://",
        "dbus://",
        "windows://",
        "vapid://x@example.org",
        "dingtalk://token?verify=no",
        "dingtalk://token?redirect=yes",
        "nothing",
    ],
)
def test_only_listed_services_may_be_used(address: str) -> None:
    with pytest.raises(AddressForbidden):
        check_relay(settings(), address)
    assert AppriseChannel(settings()).send(address, message()).kind == "refused"


def test_a_listed_schema_with_a_host_of_its_own_stays_outside() -> None:
    with pytest.raises(AddressForbidden, match="address_private"):
        check_relay(settings(apprise_schemas="json"), "json://127.0.0.1:9000/hook")


def test_a_studys_address_takes_the_persons_part_escaped() -> None:
    assert joined("wxpusher://token/{address}", "UID_1/../2?x=y") == "wxpusher://token/UID_1%2F..%2F2%3Fx%3Dy"


def test_without_apprise_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.prompts.delivery.relay.find_spec", lambda _name: None)
    outcome = AppriseChannel(settings()).send("dingtalk://" + "a" * 64, message())
    assert (outcome.kind, outcome.reason) == ("unreached", "apprise_missing")


# Settings


@pytest.mark.parametrize(
    "given",
    [
        {"XINLU_CHANNELS": "email,pigeon"},
        {"XINLU_SEND_RATES": "email=0"},
        {"XINLU_SEND_RATES": "pigeon=3"},
        {"XINLU_SMS_HEADERS": "Authorization: Bearer 123"},
        {"XINLU_SMS_URL": "file:///etc/passwd"},
    ],
)
def test_settings_that_cannot_be_used_are_named_without_their_secrets(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(given)
    assert next(iter(given)) in str(refused.value)
    assert "Bearer 123" not in str(refused.value)
