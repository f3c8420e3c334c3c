"""The whole night: worker processes over one run's shards; who dies is replaced, and a run goes on where it stopped."""

import multiprocessing
import time
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from trimtab.batch.shards import ATTEMPTS, forget_the_dead, shards_left
from trimtab.batch.worker import work_at
from trimtab.desk.ports import Store
from trimtab.store.faults import LostError
from trimtab.store.place import Place

_PAUSE = 0.2


def run_night(store: Store, place: Place, run_id: str, *, workers: int) -> None:
    """Have all shards of a run evaluated by processes of this machine; others elsewhere may take part."""
    forget_the_dead(store, run_id)
    left = shards_left(store, run_id)
    team = _Team(place, run_id, size=min(workers, left), hires=workers + ATTEMPTS * left)
    try:
        while left:
            gone = team.fill(threads=max(1, workers // team.size))
            time.sleep(_PAUSE)
            try:
                if gone:
                    forget_the_dead(store, run_id)
                left = shards_left(store, run_id)
            except LostError:
                continue
    finally:
        team.let_go(orderly=left == 0)


@dataclass(slots=True)
class _Team:
    """Worker processes over a run: as many as are wanted, replaced as they die, but not for ever."""

    place: Place
    run_id: str
    size: int
    hires: int
    hands: list[BaseProcess] = field(default_factory=list)

    def fill(self, *, threads: int) -> bool:
        """Replace who is gone; whether anybody was."""
        alive = [hand for hand in self.hands if hand.is_alive()]
        gone = len(alive) < len(self.hands)
        self.hands = alive
        while len(self.hands) < self.size:
            assert self.hires > 0, "workers end as soon as they begin; see what they say on the error stream"
            self.hires -= 1
            args = (self.place, self.run_id, threads)
            hand = multiprocessing.get_context("spawn").Process(target=work_at, args=args)
            hand.start()
            self.hands.append(hand)
        return gone

    def let_go(self, *, orderly: bool) -> None:
        """Wait for who is done, or end them where the night is broken off: their shards are taken up again later."""
        for hand in self.hands:
            if not orderly:
                hand.terminate()
            hand.join()
