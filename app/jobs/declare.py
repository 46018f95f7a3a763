"""How rooms declare what workers do: in their ``tasks`` modules, which the registry imports.

A task runs to its end at least once: when its process dies, another takes the job up. Steps whose results are kept
are not run again, the one that was under way is, so a step must be safe to repeat. A job begun before an upgrade goes
on after it: a task keeps the order and the names of its steps, or takes another name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, TypeVar

from app.jobs.context import JobContext, WorkerContext

Task = Callable[Concatenate[JobContext, ...], None]
TaskT = TypeVar("TaskT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A call that every worker repeats, ``seconds`` after it last ended."""

    name: str
    seconds: float
    call: Callable[[WorkerContext], None]


TASKS: dict[str, Task] = {}
RECURRENCES: dict[str, Recurrence] = {}


def task(name: str) -> Callable[[TaskT], TaskT]:
    """Declare the function as the task ``name``: it takes a JobContext and the job's arguments by keyword."""

    def register(function: TaskT) -> TaskT:
        if name in TASKS:
            raise ValueError(f"there are two tasks {name}")
        TASKS[name] = function
        return function

    return register


def recurring(name: str, *, seconds: float) -> Callable[[TaskT], TaskT]:
    """Declare the function as a call that every worker repeats.

    Processes do not agree on whose turn it is: what only one may do at a time must see to that itself.
    """

    def register(function: TaskT) -> TaskT:
        if name in RECURRENCES:
            raise ValueError(f"there are two recurring calls {name}")
        RECURRENCES[name] = Recurrence(name, seconds, function)
        return function

    return register
