"""Settings from the environment: ``XINLU_<NAME>``, or ``XINLU_<NAME>_FILE`` naming a file that holds the value."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

PREFIX = "XINLU_"
CHANNELS = ("webpush", "email", "sms", "apprise", "console")
# The push services of Chrome, Edge, Firefox and Safari.
PUSH_HOSTS = "fcm.googleapis.com,*.notify.windows.com,*.push.services.mozilla.com,*.push.apple.com"
# Services with one address of their own: nobody can point these schemas at a host inside the operator's network.
APPRISE_SCHEMAS = "wecombot,dingtalk,feishu,lark,schan,wxpusher,pushplus"


class SettingsError(Exception):
    """A setting that cannot be used; the message names it and says what would be accepted."""


class Settings(BaseModel):
    """Everything an operator may set. Names here, in capitals and with the prefix, are the environment's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="Folder of the SQLite file, the secret and uploads.")
    database_url: str | None = Field(None, description="SQLAlchemy address; without it, SQLite in the data folder.")
    secret: str | None = Field(
        None, min_length=32, description="Installation secret; without it, made in the data folder."
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that `serve` listens on; PORT is honoured too.")
    base_url: str | None = Field(None, description="Public address, as in links and QR codes.")
    worker: bool = Field(True, description="Whether `serve` runs jobs inside its own process.")
    worker_name: str = Field(
        "main",
        pattern=r"^[a-z0-9-]{1,40}$",
        description="Stable name of this process; unique among processes on one database.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["json", "console"] = Field("console", description="How log lines look.")
    coder: str = Field("default", description="Coder for studies that name none.")
    transformer_dir: Path | None = Field(None, description="Folder of the model of the coder `transformer`.")
    session_hours: int = Field(12, ge=1, le=720, description="How long a staff sign-in lasts.")
    diary_session_days: int = Field(180, ge=1, le=730, description="How long a phone stays signed in to a diary.")
    sign_in_attempts: int = Field(
        10, ge=1, le=10_000, description="Failed sign-ins or link openings a quarter of an hour from one address."
    )
    max_body_kb: int = Field(1024, ge=16, le=65_536, description="Largest request body in KiB.")
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed, comma separated."
    )
    channels: str = Field(
        "webpush,email,sms,apprise", description="Channels that reminders may take, comma separated; also `console`."
    )
    send_rates: str = Field(
        "webpush=600,email=60,sms=60,apprise=20", description="Reminders a minute and process, by channel."
    )
    internal_hosts: str = Field(
        "", description="Hosts of one's own network (host:port) that channels may call, comma separated."
    )
    push_hosts: str = Field(PUSH_HOSTS, description="Hosts of the browsers' push services, comma separated.")
    vapid_subject: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$", description="E-mail address at which push services reach the operator."
    )
    smtp_host: str | None = Field(None, description="Mail server; without it, no e-mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is protected; `none` only to this machine or an internal host."
    )
    smtp_user: str | None = Field(None, description="User at the mail server.")
    smtp_password: str | None = Field(None, description="Password at the mail server.")
    smtp_from: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$", description="Sender's address; needed to send e-mail."
    )
    sms_url: str | None = Field(
        None, pattern=r"^https?://", description="HTTP gateway for text messages; without it, none is sent."
    )
    sms_method: Literal["POST", "GET"] = Field("POST", description="Method of a request to the gateway.")
    sms_headers: str = Field("{}", description="Its headers, as a JSON object.")
    sms_body: str = Field(
        '{"to": "{to}", "text": "{text} {link}"}',
        description="Its body: JSON or a form, with {to}, {text}, {link}, {key}.",
    )
    sms_success: str | None = Field(
        None, pattern=r"^[\w.]+=.*$", description="What a success answers, as `path=value` in its JSON."
    )
    apprise_schemas: str = Field(
        APPRISE_SCHEMAS, description="Services of the extra `notify` that may be used, comma separated."
    )

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str | None) -> str | None:
        if value is None or value.startswith(("sqlite:", "postgresql+psycopg:")):
            return value
        if value.startswith(("postgres:", "postgresql:")):
            return "postgresql+psycopg:" + value.split(":", 1)[1]
        raise ValueError("use sqlite:///file or postgresql://user:password@host/name")

    @field_validator("channels")
    @classmethod
    def _known_channels(cls, value: str) -> str:
        if unknown := [one for one in listed(value) if one not in CHANNELS]:
            raise ValueError(f"there is no channel {unknown[0]}; use {', '.join(CHANNELS)}")
        return value

    @field_validator("send_rates")
    @classmethod
    def _rates(cls, value: str) -> str:
        for one in listed(value):
            name, _, number = one.partition("=")
            if name not in CHANNELS or not re.fullmatch(r"[1-9]\d{0,5}", number):
                raise ValueError(f"use channel=number, such as email=60, not {one}")
        return value

    @field_validator("sms_headers")
    @classmethod
    def _headers(cls, value: str) -> str:
        try:
            given = json.loads(value)
        except ValueError:
            given = None
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
            # The value itself is not quoted: a header may hold a key.
            raise ValueError("use a JSON object of texts")
        return value

    @property
    def database_address(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'xinlu.db').resolve()}"

    @property
    def models_dir(self) -> Path:
        """Folder of what slow coders build once from their weights."""
        return self.data_dir / "models"

    @property
    def public_address(self) -> str:
        """The address under which people reach the service, without a slash at its end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry the Secure attribute: always, once the public address is https."""
        return self.public_address.startswith("https:")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the settings that ``environment`` (default: the process's) gives; SettingsError names what is wrong."""
        given = os.environ if environment is None else environment
        values: dict[str, str] = {}
        for name in cls.model_fields:
            key = PREFIX + name.upper()
            if key in given:
                values[name] = given[key]
            elif key + "_FILE" in given:
                values[name] = _read_secret(key + "_FILE", Path(given[key + "_FILE"]))
        if "port" not in values and given.get("PORT"):
            values["port"] = given["PORT"]
        try:
            return cls.model_validate({name: value for name, value in values.items() if value != ""})
        except ValidationError as error:
            raise SettingsError(
                "; ".join(_explain(problem["loc"], problem["msg"]) for problem in error.errors())
            ) from error


def listed(value: str) -> tuple[str, ...]:
    """Return the parts of a comma separated setting, without blanks around them."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _explain(location: tuple[int | str, ...], message: str) -> str:
    return f"{PREFIX}{str(location[0]).upper()}: {message}" if location else message


def _read_secret(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{key}: cannot read {path} ({error.strerror}); mount the file or set the value itself"
        ) from error
