"""What the image and the compose file rely on is there."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.settings import PREFIX, Settings
from tests.support.run import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE], ids=["Dockerfile", "compose.yaml"])
def test_every_setting_is_one_that_the_application_has(text: str) -> None:
    given = {name.removesuffix("_FILE").removeprefix(PREFIX).lower() for name in re.findall(r"\bXINLU_[A-Z_]+", text)}
    assert given
    assert given <= set(Settings.model_fields)


def test_every_file_that_the_image_copies_is_let_in() -> None:
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    }
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert copied == let_in
    assert [source for source in sorted(copied) if not (ROOT / source).exists()] == []


def test_made_secrets_are_those_that_compose_mounts_and_stay_the_same(tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "make-secrets.sh"
    script.parent.mkdir()
    script.write_bytes((ROOT / "scripts" / "make-secrets.sh").read_bytes())
    parsed: dict[str, Any] = yaml.safe_load(COMPOSE)
    mounted = {tmp_path / secret["file"] for secret in parsed["secrets"].values()}

    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    first = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", str(script)], check=True, capture_output=True)

    assert set(first) == mounted
    assert {path: path.read_text(encoding="utf-8") for path in first} == first
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    password = first[tmp_path / "secrets" / "postgres_password"].strip()
    settings = Settings(
        database_url=first[tmp_path / "secrets" / "database_url"].strip(),
        secret=first[tmp_path / "secrets" / "xinlu_secret"].strip(),
    )
    assert settings.database_address == f"postgresql+psycopg://xinlu:{password}@database:5432/xinlu"


def test_every_service_starts_again_and_holds_no_privilege() -> None:
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    for name in ("app", "worker"):
        assert services[name]["restart"] == "unless-stopped"
        assert services[name]["cap_drop"] == ["ALL"]
    assert services["database"]["healthcheck"]["test"][0] == "CMD-SHELL"
    assert re.search(r"^USER xinlu$", DOCKERFILE, re.MULTILINE)


def test_the_proxies_that_the_operator_trusts_reach_the_application() -> None:
    environment = yaml.safe_load(COMPOSE)["services"]["app"]["environment"]
    assert environment["XINLU_TRUSTED_PROXIES"] == "${XINLU_TRUSTED_PROXIES:-127.0.0.1}"
    assert Settings.model_fields["trusted_proxies"].default == "127.0.0.1", "as without a proxy"
