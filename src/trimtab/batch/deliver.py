"""The sender of webhooks: passes over what is due, firm beside firm, so that one slow receiver keeps nobody waiting."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from trimtab.core.clock import moment
from trimtab.desk.access import Principal, Way
from trimtab.desk.deliveries import DELIVERED, settle, spread, take, waiting
from trimtab.desk.ports import Store
from trimtab.links.webhooks import Letter, Signing, key_of, post
from trimtab.store.faults import LostError
from trimtab.watch.logs import Log

SENDER = Principal("sender", "sender", Way.SYSTEM)
_FIRMS_AT_ONCE, _A_PASS, _PAUSE = 4, 50, 2.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is due: the store, what signs, and who is told."""

    store: Store
    signing: Signing
    log: Log = field(default_factory=lambda: Log(None))
    told: Callable[[str], None] = lambda _: None

    def run_once(self) -> Counter[str]:
        """One pass over every firm of which something waits; how many attempts ended how."""
        firms = waiting(self.store, SENDER)
        with ThreadPoolExecutor(_FIRMS_AT_ONCE) as pool:
            return sum(pool.map(self._serve, firms), Counter())

    def run(self, stop: threading.Event) -> None:
        """Pass after pass, until told to stop; a database that is away is waited for."""
        while not stop.wait(_PAUSE):
            try:
                self.run_once()
            except LostError as error:
                self.log.fault("deliver", error)

    def _serve(self, firm: str) -> Counter[str]:
        """What is due of one firm: after a failure its other deliveries wait for the next pass."""
        spread(self.store, SENDER, firm)
        ended: Counter[str] = Counter()
        for _ in range(_A_PASS):
            sending = take(self.store, SENDER, firm)
            if sending is None:
                break
            letter = Letter(sending.delivery_id, int(moment().timestamp()), sending.body)
            keys = [
                key_of(self.signing.store_key, firm, sending.hook_id, key_id) for key_id in sending.key_ids
            ]
            outcome = settle(
                self.store, SENDER, sending, post(sending.url, letter, keys, private=self.signing.private)
            )
            ended[outcome] += 1
            self.told(outcome)
            self.log.say("deliver", firm=firm, effect=outcome, attempt=sending.attempt)
            if outcome != DELIVERED:
                break
        return ended
