"""Text messages through an HTTP gateway that the settings describe."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx

from app.core.settings import Settings
from app.prompts.channels import SENT, Message, Outcome
from app.prompts.delivery.webpush import BUSY, wait_of

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
PLACE = re.compile(r"\{(to|text|link|key)\}")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MOST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """A request as it would be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class SmsChannel:
    """Sends to one telephone number."""

    name = "sms"
    repeatable = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, address: str, message: Message) -> GatewayRequest:
        """Return what would be sent; what stands in places is escaped as the place needs it."""
        settings = self._settings
        words = {"to": address, "text": message.words, "link": message.url, "key": str(message.key)}
        headers = {name: fill(value, words, _one_line) for name, value in json.loads(settings.sms_headers).items()}
        kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        url = fill(settings.sms_url or "", words, lambda part: quote(part, safe=""))
        if settings.sms_method == "GET":
            return GatewayRequest("GET", url, headers, b"")
        body, natural = _body(settings.sms_body, words, kind)
        return GatewayRequest("POST", url, headers if kind else {**headers, "Content-Type": natural}, body)

    def send(self, address: str, message: Message) -> Outcome:
        """Hand ``message`` to the gateway, for the number ``address``."""
        given = self.request(address, message)
        try:
            answer = httpx.request(
                given.method,
                given.url,
                content=given.body,
                headers=dict(given.headers),
                timeout=TIMEOUT,
                follow_redirects=False,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Outcome("unreached", "unreachable")
        except httpx.TransportError:
            # It broke off after the request was on its way: the gateway may have it.
            return Outcome("uncertain", "broken_off")
        return self._outcome(answer)

    def _outcome(self, answer: httpx.Response) -> Outcome:
        if answer.status_code in BUSY or answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return Outcome("later", f"http_{answer.status_code}", wait_of(answer))
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Outcome("uncertain", f"http_{answer.status_code}")
        if not answer.is_success:
            return Outcome("refused", f"http_{answer.status_code}")
        return SENT if succeeded(answer, self._settings.sms_success) else Outcome("refused", "gateway_refused")


def succeeded(answer: httpx.Response, condition: str | None) -> bool:
    """Return whether the gateway's answer says what ``condition`` (path=value) asks; without one, a 2xx is enough."""
    if condition is None:
        return True
    path, _, expected = condition.partition("=")
    try:
        found: Any = json.loads(answer.content[:MOST_ANSWER])
        for part in path.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    said = json.dumps(found) if isinstance(found, bool) else str(found)
    return said == expected


def fill(template: str, words: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """Return ``template`` with its places filled in, each once: what a text holds is never taken for a place."""
    return PLACE.sub(lambda place: escape(words[place[1]]), template)


def _body(template: str, words: Mapping[str, str], kind: str) -> tuple[bytes, str]:
    """Return the body and its natural content type. Structure is read first and filled in then, so nothing breaks out."""
    if not kind or "json" in kind:
        try:
            return json.dumps(_filled(json.loads(template), words), ensure_ascii=False).encode(), JSON
        except ValueError:
            pass
    pairs = [(name, fill(value, words, str)) for name, value in parse_qsl(template, keep_blank_values=True)]
    return urlencode(pairs).encode(), FORM


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, words, str)
    if isinstance(value, list):
        return [_filled(one, words) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, words) for name, one in value.items()}
    return value


def _one_line(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", " ", text)
