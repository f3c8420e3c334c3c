"""Lines of the log: named fields alone, firms by pseudonym, faults without their words."""

import io
import json
import logging
from pathlib import Path

import pytest

from trimtab.watch.logs import Libraries, Log, open_log, take_over

NAME = "Anna Weber 4711"


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_moment_and_a_firm_by_pseudonym() -> None:
    stream = io.StringIO()
    log = Log(stream, b"key")
    log.say("request", firm="acme", status=200, user=None)
    (line,) = lines(stream)
    assert line["event"], line["level"] == ("request", "info")
    assert line["firm"] == log.pseudonym("acme") != Log(None, b"other").pseudonym("acme")
    assert str(line["at"]).endswith("Z")
    assert "acme" not in stream.getvalue()
    assert "user" not in line


def test_levels_and_unknown_fields() -> None:
    stream = io.StringIO()
    log = Log(stream, level="warning")
    log.say("request", status=200)
    log.say("fault", level="error", status=500)
    assert [line["event"] for line in lines(stream)] == ["fault"]
    with pytest.raises(AssertionError, match="no such field"):
        log.say("request", client=NAME)
    Log(None).say("request", status=200)


def test_what_raised_is_told_without_its_words() -> None:
    stream = io.StringIO()
    log = Log(stream)
    try:
        int(NAME)
    except ValueError as error:
        log.fault("fault", error, request="ab")
    log.fault("fault", KeyError(NAME))
    first, second = lines(stream)
    assert (first["fault"], second["place"]) == ("ValueError", "?")
    assert str(first["place"]).startswith("test_logs.py:")
    assert NAME not in stream.getvalue()


def test_control_characters_make_no_line_of_their_own() -> None:
    stream = io.StringIO()
    Log(stream).say("library", said="a\nb")
    assert lines(stream)[0]["said"] == "?"


def test_libraries_speak_through_ours_without_their_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn")
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    before = root.level, uvicorn.level
    try:
        take_over(Log(stream))
        logging.getLogger("uvicorn.error").info("listening at %s", NAME)
        logging.getLogger("sqlalchemy").error(f"bad row {NAME}", exc_info=ValueError(NAME))
        logging.getLogger("sqlalchemy").info("not of interest")
    finally:
        root.setLevel(before[0])
        uvicorn.setLevel(before[1])
        root.handlers[:] = [one for one in root.handlers if not isinstance(one, Libraries)]
    first, second = lines(stream)
    assert (first["said"], first["library"]) == ("listening at %s", "uvicorn.error")
    assert (second["fault"], second["level"]) == ("ValueError", "error")
    assert "said" not in second
    assert NAME not in stream.getvalue()


def test_a_log_goes_to_a_file_to_the_error_stream_or_to_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        with open_log(str(tmp_path / "log"), b"") as log:
            log.say("setting", count=1)
    assert (tmp_path / "log").read_text().count("setting") == 2
    with open_log("-", b"") as log:
        log.say("setting", count=1)
    assert "setting" in capsys.readouterr().err
    with open_log(None, b"") as log:
        log.say("setting", count=1)
    assert capsys.readouterr() == ("", "")
