"""Touchpoints, support and what becomes of both: the names that rooms above take from here."""

from app.maps.ecosystem.inventory import ecosystem as touchpoints
from app.maps.ecosystem.recording import adopt, give_support, put_facts, remove_support
from app.maps.ecosystem.supporting import support

__all__ = ["adopt", "give_support", "put_facts", "remove_support", "support", "touchpoints"]
