"""Progress by stage on a terminal's error stream; nothing in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from trimtab.report.words import stage

Advance = Callable[[str, int, int], None]


@contextmanager
def stages() -> Iterator[Advance]:
    """Give a function to tell (stage, done, total): each stage is a line that closes when the next one begins."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _stage, _done, _total: None
        return
    bar = Progress(
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        Counted(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        yield Lines(bar).tell


class Counted(MofNCompleteColumn):
    """How many of how many, where there is more than one thing to count."""

    def render(self, task: Task) -> Text:
        """The count of one line, or nothing."""
        return super().render(task) if task.total and task.total > 1 else Text()


class Lines:
    """The lines of a progress display, one a stage."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._stage = ""
        self._task: TaskID | None = None

    def tell(self, name: str, done: int, total: int) -> None:
        """Begin a stage, or say how far the running one is."""
        if name != self._stage:
            self.close()
            self._stage, self._task = name, self._bar.add_task(stage(name), total=None)
        if self._task is not None and total:
            self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        """End the running stage."""
        if self._task is not None:
            task = self._bar.tasks[self._bar.task_ids.index(self._task)]
            whole = task.total or 1
            self._bar.update(self._task, completed=whole, total=whole)
            self._bar.stop_task(self._task)
