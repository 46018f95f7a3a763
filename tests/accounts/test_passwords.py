"""Passwords: slow hashes, renewed when the parameters grow, and no difference between a wrong one and no account."""

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords
from app.core.errors import Invalid


def test_a_hash_is_argon2id_and_costs_what_it_should() -> None:
    encoded = passwords.hash_password("correct horse battery")
    assert encoded.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert "correct" not in encoded


def test_only_the_right_password_matches() -> None:
    encoded = passwords.hash_password("correct horse battery")
    assert passwords.matches(encoded, "correct horse battery")
    assert not passwords.matches(encoded, "correct horse batterz")
    assert not passwords.matches("not a hash", "correct horse battery")


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 201])
def test_a_password_has_12_to_200_characters(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.hash_password(password)
    assert [field.field for field in refused.value.fields] == ["password"]


def test_without_an_account_a_hash_of_the_same_cost_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            seen.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Watched(time_cost=2, memory_cost=64, parallelism=1))
    assert not passwords.matches(None, "whatever it may be")
    assert seen[0].startswith("$argon2id$v=19$m=64,t=2,p=1$")
    assert not passwords.outdated(seen[0])


def test_a_hash_with_other_parameters_is_outdated() -> None:
    lesser = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("correct horse battery")
    assert passwords.outdated(lesser)
    assert not passwords.outdated(passwords.hash_password("correct horse battery"))
