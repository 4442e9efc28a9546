"""The judge is judged: the sink accepts exactly what ended with a dot, whoever speaks to it."""

import hashlib
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.sink import Rule, Sink, running_sink

TRANSACTION = b"EHLO x\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with running_sink(tmp_path / "sink", contents=True) as running:
        yield running


@contextmanager
def speaking(sink: Sink) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sink.port), timeout=20) as line:
        yield line


def heard_until(line: socket.socket, end: bytes) -> bytes:
    heard = b""
    while end not in heard:
        piece = line.recv(4096)
        assert piece, f"hung up after {heard!r}"
        heard += piece
    return heard


def said(line: socket.socket, words: bytes, answer: bytes) -> bytes:
    line.sendall(words)
    return heard_until(line, answer)


def test_a_message_of_the_standard_library_is_recorded_as_it_was(sink: Sink) -> None:
    message = b"Message-ID: <7@a.example>\r\nSubject: x\r\n\r\n.\r\n..\r\nend\r\n"

    with smtplib.SMTP("127.0.0.1", sink.port, "x") as client:
        client.sendmail("a@a.example", ["b@b.example", "c@c.example"], message)

    [accepted] = sink.accepted()
    assert accepted.message_id == "<7@a.example>"
    assert accepted.recipients == ("b@b.example", "c@c.example")
    assert (accepted.size, accepted.sha256) == (len(message), hashlib.sha256(message).hexdigest())
    assert sink.contents is not None
    assert [path.read_bytes() for path in sink.contents.iterdir()] == [message]


def test_a_message_is_in_the_log_when_its_answer_is_there(sink: Sink) -> None:
    with speaking(sink) as line:
        said(line, TRANSACTION, b"354")
        said(line, b"x\r\n.\r\n", b"taken\r\n")

        assert len(sink.accepted()) == 1


@pytest.mark.parametrize("body", [b"", b"x\r\n", b"x\r\n.", b"x\r\n.\r", b"x\n.\n", b"x\n.\r\n", b"x\r\n..\r\n"])
def test_without_the_final_dot_nothing_is_accepted(sink: Sink, body: bytes) -> None:
    with speaking(sink) as line:
        said(line, TRANSACTION, b"354")
        line.sendall(body)

    sink.wait_until_idle()
    assert sink.accepted() == []


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 6, 7])
def test_a_dot_may_come_in_any_pieces(sink: Sink, cut: int) -> None:
    end = b"x\r\n.\r\nNOOP\r\n"
    with speaking(sink) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said(line, TRANSACTION, b"354")
        line.sendall(end[:cut])
        sink.seen()
        said(line, end[cut:], b"ok\r\n")

    [accepted] = sink.accepted()
    assert accepted.sha256 == hashlib.sha256(b"x\r\n").hexdigest()


def test_a_message_for_nobody_is_refused(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="rcpt", reply="550 5.1.1 no"), Rule(at="data", reply="354 go")))

    with speaking(sink) as line:
        said(line, TRANSACTION, b"354")
        answer = said(line, b".\r\n", b"\r\n")

    assert answer.startswith(b"554 ")
    assert sink.accepted() == []


def test_pipelined_commands_are_answered_in_their_order(sink: Sink) -> None:
    with speaking(sink) as line:
        heard = said(line, TRANSACTION, b"354")

    codes = [answer[:3] for answer in heard.splitlines() if answer[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354"]


def test_a_rule_holds_for_its_recipients_and_its_number_of_times(sink: Sink) -> None:
    sink.behave(rules=(Rule(at="rcpt", who="^b@", reply="452 4.2.2 full", times=1),))

    with speaking(sink) as line:
        said(line, b"HELO x\r\nMAIL FROM:<a@a.example>\r\n", b"2.1.0 ok\r\n")
        answers = [said(line, b"RCPT TO:<%s>\r\n" % who, b"\r\n") for who in (b"c@c.de", b"b@b.de", b"b@b.de")]

    assert [answer[:3] for answer in answers] == [b"250", b"452", b"250"]


@pytest.mark.parametrize("taken", [True, False])
def test_hanging_up_after_the_dot_happens_with_and_without_the_message(sink: Sink, taken: bool) -> None:
    sink.behave(rules=(Rule(at="dot", close=True, taken=taken),))

    with speaking(sink) as line:
        said(line, TRANSACTION, b"354 go ahead\r\n")
        line.sendall(b"x\r\n.\r\n")
        rest = line.recv(4096)

    assert rest == b""
    assert len(sink.accepted()) == taken


def test_a_delayed_answer_does_not_delay_the_accepting(sink: Sink) -> None:
    sink.behave(delay_reply=600.0)

    with speaking(sink) as line:
        said(line, TRANSACTION, b"354 go ahead\r\n")
        line.sendall(b"x\r\n.\r\n")
        line.shutdown(socket.SHUT_WR)
        sink.wait_until_idle()

    assert len(sink.accepted()) == 1


def test_what_a_dead_sender_had_accepted_stays_known(sink: Sink) -> None:
    sender = (
        "import os, smtplib\n"
        f"client = smtplib.SMTP('127.0.0.1', {sink.port}, 'x')\n"
        "client.sendmail('a@a.example', ['b@b.example'], b'Message-ID: <1@a>\\r\\n\\r\\nx\\r\\n')\n"
        "os.kill(os.getpid(), 9)\n"
    )

    ended = subprocess.run([sys.executable, "-c", sender], check=False)
    sink.wait_until_idle()

    assert ended.returncode == -signal.SIGKILL
    assert [message.message_id for message in sink.accepted()] == ["<1@a>"]


def test_the_sink_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    parent = (
        "import json, os, pathlib, sys\n"
        "from tests.sink import running_sink\n"
        "with running_sink(pathlib.Path(sys.argv[1])) as sink:\n"
        "    print(json.dumps(sink._process.pid), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, str(tmp_path)],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        sink = psutil.Process(json.loads(running.stdout.readline()))

        running.kill()

        gone, alive = psutil.wait_procs([sink], timeout=20)
    assert (len(gone), alive) == (1, [])


def test_the_sink_runs_by_hand_too(tmp_path: Path) -> None:
    log = tmp_path / "accepted.jsonl"
    script = CHECKOUT / "tests" / "sink.py"
    rule = json.dumps({"at": "rcpt", "who": "no@", "reply": "550 5.1.1 no"})
    with subprocess.Popen(
        [sys.executable, str(script), "--log", str(log), "--size", "1000", "--rule", rule],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        port = json.loads(running.stdout.readline())["port"]

        with smtplib.SMTP("127.0.0.1", port, "x") as client:
            refused = client.sendmail("a@a.example", ["no@b.example", "b@b.example"], b"x\r\n")
        running.terminate()

    assert refused == {"no@b.example": (550, b"5.1.1 no")}
    assert running.returncode == 0
    assert len(log.read_text().splitlines()) == 1
