"""A receiver of webhooks: a real HTTP server in a process, which verifies each and keeps what it was sent."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where it answers, the file of what it got, and the file of the statuses it gives, one a request."""

    url: str
    got: Path
    answers: Path

    def say(self, *statuses: int) -> None:
        """Answer with these, one after the other, then 200."""
        self.answers.write_text(json.dumps(list(statuses)))

    def letters(self) -> list[dict[str, object]]:
        """Everything that came, headers and body."""
        return [json.loads(line) for line in self.got.read_text().splitlines()] if self.got.exists() else []


def _serve(pipe: Connection, got: str, answers: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            with Path(got).open("a") as file:
                headers = {name.lower(): value for name, value in self.headers.items()}
                file.write(json.dumps({"headers": headers, "body": body, "path": self.path}) + "\n")
            left = json.loads(Path(answers).read_text())
            status = left.pop(0) if left else 200
            Path(answers).write_text(json.dumps(left))
            self.send_response(status)
            if status == 302:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    sys.stderr = None  # type: ignore[assignment]
    server.serve_forever()


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """A receiver until the block ends."""
    ours, theirs = get_context("spawn").Pipe()
    got, answers = folder / "got", folder / "answers"
    answers.write_text("[]")
    process = get_context("spawn").Process(target=_serve, args=(theirs, str(got), str(answers)))
    process.start()
    try:
        assert ours.poll(60)
        yield Receiver(f"http://127.0.0.1:{ours.recv()}/in", got, answers)
    finally:
        process.terminate()
        process.join()
        for end in (ours, theirs):
            end.close()
