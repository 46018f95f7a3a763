"""Touchpoints, support and what becomes of both: the names that rooms above take from here."""

from app.maps.ecosystem.efforts import efforts
from app.maps.ecosystem.inventory import ecosystem as touchpoints
from app.maps.ecosystem.paradox import paradox
from app.maps.ecosystem.proposals import Proposed, proposed
from app.maps.ecosystem.recording import adopt, give_support, put_facts, remove_support
from app.maps.ecosystem.steps import transitions
from app.maps.ecosystem.supporting import support

__all__ = [
    "Proposed", "adopt", "efforts", "give_support", "paradox", "proposed", "put_facts", "remove_support", "support",
    "touchpoints", "transitions",
]  # fmt: skip
