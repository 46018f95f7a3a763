"""Every route states who may call it. A policy is a dependency; a test walks the routes and fails on one without."""

from abc import ABC, abstractmethod
from ipaddress import ip_address

from fastapi import Request

from app.core.errors import Forbidden


class Policy(ABC):
    """Base of all policies. Rooms that know users, memberships or phones define theirs on it."""

    @property
    @abstractmethod
    def statement(self) -> str:
        """Who may call the route, in one English sentence; it stands in the API documentation."""


class Public(Policy):
    """Anyone may call; ``reason`` says why that is right."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @property
    def statement(self) -> str:
        return f"Public: {self.reason}"

    async def __call__(self) -> None:
        return None


class LoopbackOnly(Policy):
    """Only programs on the same machine (or behind a proxy that hides nothing) may call."""

    @property
    def statement(self) -> str:
        return "Only from the machine itself."

    async def __call__(self, request: Request) -> None:
        host = request.client.host if request.client else ""
        try:
            allowed = ip_address(host).is_loopback
        except ValueError:
            # A test client or a unix socket has no address; both are local.
            allowed = host in ("testclient", "")
        if not allowed:
            raise Forbidden()
