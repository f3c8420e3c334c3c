"""Reads of the API at a steady rate over a store that holds a book: milliseconds as its users wait for them.

    trimtab book import BOOK --data STORE
    python bench/api.py STORE [--rate 50] [--seconds 20]

The door is a process of its own; each request is due at its own moment, and what it waits counts from there.
"""

import argparse
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from trimtab.desk.access import Principal, Role, Way
from trimtab.desk.editions import tenants
from trimtab.desk.people import add_key, add_user, grant
from trimtab.store.place import Place, open_store
from trimtab.store.shapes import DESK

CONSOLE = Principal("bench", "bench", Way.CONSOLE)
CALL = "import sys; from trimtab.wire import main; main(sys.argv[1:])"
PORT = 18431
READS = (
    "accounts?limit=200",
    "accounts?limit=50&custodian=schwab",
    "lots?limit=200",
    "lots?limit=200&account_id={account}",
    "households?limit=200",
    "policies?limit=200",
    "market/securities?limit=200",
)


def prepared(home: Path) -> tuple[str, dict[str, list[str]]]:
    """A key of somebody who may read every firm, and some accounts of each firm."""
    with open_store(Place(home)) as store:
        with store.unit(DESK) as unit:
            firms = tenants(unit)
        name = f"bench-{time.time_ns()}"
        add_user(store, CONSOLE, name=name)
        accounts = {}
        for firm in firms[:100]:
            grant(store, CONSOLE, firm, name=name, role=Role.CIO)
            with store.unit(firm) as unit:
                rows = unit.page("facts.accounts", {"firm_id": firm}, limit=50)
            accounts[firm] = [str(row["account_id"]) for row in rows]
        return add_key(store, CONSOLE, name, label="bench")[1], accounts


def run(home: Path, rate: int, seconds: int) -> int:
    key, accounts = prepared(home)
    words = [sys.executable, "-c", CALL, "serve", "--data", str(home), "--port", str(PORT)]
    door = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    draw = random.Random(7)
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    headers = {"Authorization": f"Bearer {key}"}
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{PORT}", headers=headers, limits=limits, timeout=30
        ) as client:
            _wait(client)
            asked = []
            for _ in range(rate * seconds):
                firm = draw.choice(sorted(accounts))
                asked.append(
                    f"/v1/firms/{firm}/{draw.choice(READS)}".format(account=draw.choice(accounts[firm]))
                )
            for place in asked[:50]:
                client.get(place)
            began = time.perf_counter()

            def ask(number: int) -> tuple[float, int]:
                due = began + number / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                status = client.get(asked[number]).status_code
                return time.perf_counter() - due, status

            with ThreadPoolExecutor(32) as pool:
                found = list(pool.map(ask, range(len(asked))))
    finally:
        door.terminate()
        door.wait(30)
    waits = sorted(1000 * wait for wait, _ in found)
    failed = sum(status != 200 for _, status in found)
    p50, p99 = (waits[int(len(waits) * share)] for share in (0.5, 0.99))
    told = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {waits[-1]:.1f} ms; {failed} failed"
    print(f"{len(waits)} reads at {rate} a second: {told}")
    return int(p99 > 200 or failed > 0)


def _wait(client: httpx.Client) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < give_up, "the door did not open"
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    said = parser.parse_args()
    return run(said.home, said.rate, said.seconds)


if __name__ == "__main__":
    sys.exit(main())
