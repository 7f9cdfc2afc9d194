"""What a job is: a name and its steps. And the seam to what does jobs, so that tests can do them in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.events import DueJob


@dataclass(frozen=True, slots=True)
class Task:
    """One job that is being done: its arguments, and what its earlier steps have answered."""

    id: str
    args: Mapping[str, Any]
    answers: tuple[Any, ...] = ()


Step = Callable[[Task], Awaitable[Any]]
"""Does one part of a job, in the event loop of the server. It answers JSON, which is stored and has no secret; what it
raises has it repeated. It takes seconds, not hours: what has to wait is another job, with a time to begin.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one kind. A job whose steps become others gets another name: one under way goes on where it was."""

    name: str
    steps: tuple[Step, ...]


class Caller(Protocol):
    """Runs the steps of jobs. Called in a thread."""

    def count_steps(self, name: str) -> int:
        """Return how many steps a job has. Raises KeyError for a job that this process does not know."""
        ...

    def run_step(self, name: str, index: int, task: Task) -> Any:
        """Return what a step answers."""
        ...

    def finish(self, job_id: str) -> None:
        """Note that a job is done."""
        ...


class Engine(Protocol):
    """Does jobs. Each method takes milliseconds to seconds, and is called in a thread."""

    def start(self, executor: str) -> None:
        """Begin to do jobs under a name, and what was under way under that name first."""
        ...

    def submit(self, jobs: Sequence[DueJob]) -> None:
        """Have jobs done. One that was submitted already under the same `workflow_id` is not done again."""
        ...

    def take_over(self, executor: str) -> None:
        """Do what was under way in a process that has died."""
        ...

    def forget(self, until: float) -> None:
        """Forget what was done until a time."""
        ...

    def stop(self) -> None:
        """Take no more jobs, and let go of those under way."""
        ...
