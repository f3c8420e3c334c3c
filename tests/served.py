"""A door in a process of its own: `trimtab serve` on a free port, over a store in a folder."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CALL = "import sys; from trimtab.wire import main; main(sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Served:
    """Where it answers, and the file of its log."""

    url: str
    log: Path
    process: "subprocess.Popen[bytes]"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without any setting of Trimtab's but those that are given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")} | dict(more)


@contextmanager
def served(home: Path, log: Path, **more: str) -> Iterator[Served]:
    """Serve a store until the block ends; the log is whole by then."""
    port = free_port()
    words = [sys.executable, "-c", CALL, "serve", "--data", str(home), "--port", str(port)]
    with log.open("wb") as stream:
        process = subprocess.Popen(words, stderr=stream, stdout=stream, env=environment(more))
    try:
        url = f"http://127.0.0.1:{port}"
        give_up = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.05)
        yield Served(url, log, process)
    finally:
        process.terminate()
        process.wait(30)
