"""A row of the table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, its figure, what is aimed at, and the figures behind it."""

    what: str
    figure: float
    goal: str
    detail: str

    def line(self) -> str:
        """Return the row as text."""
        return f"{self.what:<58} {self.figure:>9.2f}   goal {self.goal:<9} {self.detail}"
