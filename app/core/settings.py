"""Settings from the environment: ``XINLU_<NAME>``, or ``XINLU_<NAME>_FILE`` naming a file that holds the value."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

PREFIX = "XINLU_"


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

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str | None) -> str | None:
        if value is None or value.startswith(("sqlite:", "postgresql+psycopg:")):
            return value
        if value.startswith(("postgres:", "postgresql:")):
            return "postgresql+psycopg:" + value.split(":", 1)[1]
        raise ValueError("use sqlite:///file or postgresql://user:password@host/name")

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


def _explain(location: tuple[int | str, ...], message: str) -> str:
    return f"{PREFIX}{str(location[0]).upper()}: {message}" if location else message


def _read_secret(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{key}: cannot read {path} ({error.strerror}); mount the file or set the value itself"
        ) from error
