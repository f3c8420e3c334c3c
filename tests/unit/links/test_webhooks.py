"""Signing as standardwebhooks.com has it, and posting to a real server, to it alone."""

import base64
from pathlib import Path

import pytest
from tests.receiver import receiving

from trimtab.links.webhooks import BadUrlError, Letter, check_url, is_signed, key_of, post, shown

KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
LETTER = Letter("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')


def test_the_signature_is_that_of_the_standard_s_own_example() -> None:
    """The vector that the specification's reference libraries are tested with."""
    assert LETTER.signature(KEY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_sees_what_is_not_ours_or_is_old() -> None:
    headers, secret, now = LETTER.headers([KEY]), shown(KEY), LETTER.moment
    assert is_signed(secret, headers, LETTER.body, now=now)
    assert is_signed(secret, LETTER.headers([b"another", KEY]), LETTER.body, now=now + 299)
    wrong = [
        (secret, headers, LETTER.body + b" ", now),
        (secret, headers, LETTER.body, now + 301),
        (secret, headers, LETTER.body, now - 301),
        (secret, headers | {"webhook-id": "other"}, LETTER.body, now),
        (secret, headers | {"webhook-timestamp": str(now + 1)}, LETTER.body, now),
        (secret, headers | {"webhook-timestamp": "soon"}, LETTER.body, now),
        (secret, headers | {"webhook-signature": ""}, LETTER.body, now),
        (secret, LETTER.headers([b"another"]), LETTER.body, now),
        (secret, {}, LETTER.body, now),
    ]
    assert [one for one in wrong if is_signed(one[0], one[1], one[2], now=one[3])] == []


def test_every_name_makes_another_key() -> None:
    names = [("F", "w", "s"), ("F", "ws", ""), ("Fw", "", "s"), ("F", "w", "t"), ("G", "w", "s")]
    assert len({key_of(b"k", *one) for one in names} | {key_of(b"l", *names[0])}) == len(names) + 1


@pytest.mark.parametrize(
    "url", ["http://a.example/", "ftp://a.example", "https://", "https://u:p@a.example/", "x"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(BadUrlError):
        check_url(url, private=False)


def test_it_is_posted_once_and_only_to_who_may_be_spoken_to(tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        assert post(receiver.url, LETTER, [KEY], private=True) is None
        (letter,) = receiver.letters()
        headers = letter["headers"]
        assert isinstance(headers, dict)
        assert is_signed(shown(KEY), headers, str(letter["body"]).encode(), now=LETTER.moment)
        assert headers["host"] == receiver.url.split("/")[2]
        receiver.say(500, 302, 410)
        told = [post(receiver.url, LETTER, [KEY], private=True) for _ in range(3)]
        assert told == ["status 500", "status 302", "status 410"]
        local = receiver.url.replace("127.0.0.1", "localhost")
        for url in (receiver.url, local, local.replace("http:", "https:"), "https://[::1]/", "https://10.0.0.1/",
                    "https://169.254.169.254/latest", "https://[::ffff:127.0.0.1]/"):  # fmt: skip
            assert post(url, LETTER, [KEY], private=False) == "address"
        assert len(receiver.letters()) == 4
        assert post(local.replace("http:", "https:"), LETTER, [KEY], private=True) == "no answer"
    assert post("https://nowhere.invalid/", LETTER, [KEY], private=False) == "no such host"
    assert post(receiver.url, LETTER, [KEY], private=True) == "no answer"
