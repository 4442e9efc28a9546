"""An SMTP server that keeps nothing but the truth: which messages it really accepted.

It runs as a process of its own and judges senders, so it shares no code with them and outlives them.  A message is
accepted when its final dot has been read; then, before anything is answered, one JSON line about it goes into the
log.  It can also misbehave on demand: ``Rule`` says where and how.

By hand: ``python tests/sink.py --log accepted.jsonl --delay-reply 0.02``; the first line printed tells the port.
From tests: ``running_sink``.
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from attrs import asdict, define, evolve, field, frozen

Place = Literal["greeting", "ehlo", "mail", "rcpt", "data", "body", "dot"]
_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_PATH = re.compile(r"^[^:]*:\s*<([^>]*)>", re.DOTALL)


@frozen(kw_only=True)
class Rule:
    """One misbehaviour.

    Attributes:
        at: Where in the conversation; ``body`` is after the answer to DATA, ``dot`` after the final dot.
        who: Only for recipients (at ``mail``: senders) in which this regular expression is found.
        reply: Answered instead of the usual; None means no answer at all when *close*, else the usual one.
        stall: Seconds to wait first.
        close: Hang up afterwards.
        taken: At ``dot``: the message is accepted nevertheless.
        times: How often; None means always.
    """

    at: Place
    who: str = ""
    reply: str | None = None
    stall: float = 0.0
    close: bool = False
    taken: bool = False
    times: int | None = None


@frozen(kw_only=True)
class Behaviour:
    """How the sink answers.

    Attributes:
        delay_reply: Seconds before the answer to the final dot; the message is accepted before.
        delay_command: Seconds before every other answer; what arrived in one go waits once.
        pipelining: Whether it is advertised.
        size: The limit advertised and kept, in bytes; None means none.
        login: ``user:password`` that MAIL asks for; None means nobody has to log in.
        mechanisms: Advertised for the login.
        close_after: Hang up silently after so many messages on one connection.
        shut_down_after: Answer 421 to the next MAIL after so many messages on one connection, and hang up.
    """

    delay_reply: float = 0.0
    delay_command: float = 0.0
    pipelining: bool = True
    size: int | None = None
    login: str | None = None
    mechanisms: str = "PLAIN LOGIN"
    close_after: int | None = None
    shut_down_after: int | None = None
    rules: tuple[Rule, ...] = ()


@frozen(kw_only=True)
class AcceptedMessage:
    """One line of the log.  *accepted_at* is in seconds since 1970; *sha256* of the bytes without dot-stuffing."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    accepted_at: float
    size: int
    sha256: str
    connection: int


@frozen(kw_only=True)
class Seen:
    """What the sink has counted since it started."""

    connections: int
    open: int
    accepted: int
    commands: dict[str, int]


@define(eq=False)
class _Ledger:
    """What all conversations of this process share."""

    behaviour: Behaviour
    log: int
    contents: Path | None
    starttls: ssl.SSLContext | None
    connections: int = 0
    open: int = 0
    accepted: int = 0
    commands: dict[str, int] = field(factory=dict)
    used: dict[Rule, int] = field(factory=dict)
    idle: asyncio.Event = field(factory=asyncio.Event)

    def rule(self, at: Place, *names: str) -> Rule | None:
        for rule in self.behaviour.rules:
            if rule.at == at and (not names or any(re.search(rule.who, name) for name in names)):
                used = self.used.get(rule, 0)
                if rule.times is None or used < rule.times:
                    self.used[rule] = used + 1
                    return rule
        return None

    def accept(self, sender: str, recipients: list[str], content: bytes, connection: int) -> None:
        found = _MESSAGE_ID.search(content.partition(b"\r\n\r\n")[0])
        digest = hashlib.sha256(content).hexdigest()
        self.accepted += 1
        if self.contents is not None:
            (self.contents / f"{self.accepted:06d}-{digest[:12]}.eml").write_bytes(content)
        line = {
            "message_id": found[1].decode("ascii", "replace") if found else "",
            "sender": sender,
            "recipients": recipients,
            "accepted_at": time.time(),
            "size": len(content),
            "sha256": digest,
            "connection": connection,
        }
        os.write(self.log, json.dumps(line).encode() + b"\n")


class _Conversation(asyncio.Protocol):
    """One connection, parsed by hand."""

    def __init__(self, ledger: _Ledger) -> None:
        self.ledger = ledger
        self.transport: asyncio.Transport
        self.loop = asyncio.get_running_loop()
        self.buffer = bytearray()
        self.out = bytearray()
        self.in_body = False
        self.searched = 0
        self.waiting = False
        self.encrypted = False
        self.logged_in = False
        self.asked: list[str] = []
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.messages = 0
        self.tasks: set[asyncio.Task[None]] = set()
        ledger.connections += 1
        self.number = ledger.connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.encrypted = transport.get_extra_info("ssl_object") is not None
        self.ledger.open += 1
        self.ledger.idle.clear()
        self.say("220 sink ESMTP", self.ledger.rule("greeting"))
        self.flush()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.waiting = True
        self.ledger.open -= 1
        if self.ledger.open == 0:
            self.ledger.idle.set()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.waiting:
            self.work()

    def work(self) -> None:
        while not self.waiting and not self.transport.is_closing():
            if not (self.read_body() if self.in_body else self.read_command()):
                break
        self.flush()

    def flush(self) -> None:
        if not self.out or self.waiting:
            return
        delay = self.ledger.behaviour.delay_command
        if delay:
            self.pause(delay, self.write)
        else:
            self.write()

    def write(self) -> None:
        self.transport.write(bytes(self.out))
        self.out.clear()

    def pause(self, seconds: float, then: Any) -> None:
        self.waiting = True

        def go_on() -> None:
            if not self.transport.is_closing():
                self.waiting = False
                then()
                self.work()

        self.loop.call_later(seconds, go_on)

    def say(self, usual: str | None, rule: Rule | None = None) -> None:
        """Answer, or do what *rule* says instead."""
        if rule is None:
            self.out += f"{usual}\r\n".encode() if usual else b""
            return
        text = rule.reply if rule.reply is not None or rule.close else usual

        def do() -> None:
            if text:
                self.out += f"{text}\r\n".encode()
                self.write()
            if rule.close:
                self.transport.close()

        if rule.stall:
            if self.out:
                self.write()
            self.pause(rule.stall, do)
        elif rule.close:
            self.write()
            do()
        else:
            self.out += f"{text}\r\n".encode() if text else b""

    def read_command(self) -> bool:
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = self.buffer[:end].decode("utf-8", "replace")
        del self.buffer[: end + 2]
        if self.asked:
            self.continue_login(line)
            return True
        verb = line.partition(" ")[0].upper()
        self.ledger.commands[verb] = self.ledger.commands.get(verb, 0) + 1
        answer = getattr(self, f"on_{verb.lower()}", None)
        if answer is None:
            self.say("500 5.5.2 unknown")
        else:
            answer(line)
        return True

    def on_ehlo(self, _line: str) -> None:
        behaviour = self.ledger.behaviour
        offers = ["sink"]
        offers += ["PIPELINING"] if behaviour.pipelining else []
        offers += [f"SIZE {behaviour.size}"] if behaviour.size is not None else []
        offers += ["STARTTLS"] if self.ledger.starttls is not None and not self.encrypted else []
        if behaviour.login is not None and (self.encrypted or self.ledger.starttls is None):
            offers.append(f"AUTH {behaviour.mechanisms}")
        offers.append("ENHANCEDSTATUSCODES")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        self.say("\r\n".join(lines), self.ledger.rule("ehlo"))

    def on_helo(self, _line: str) -> None:
        self.say("250 sink")

    def on_noop(self, _line: str) -> None:
        self.say("250 2.0.0 ok")

    def on_rset(self, _line: str) -> None:
        self.sender, self.recipients = None, []
        self.say("250 2.0.0 ok")

    def on_quit(self, _line: str) -> None:
        self.say("221 2.0.0 bye", Rule(at="body", reply="221 2.0.0 bye", close=True))

    def on_starttls(self, _line: str) -> None:
        if self.ledger.starttls is None or self.encrypted:
            self.say("502 5.5.1 not offered")
            return
        self.waiting = True
        self.buffer.clear()
        self.transport.pause_reading()
        self.out += b"220 2.0.0 go ahead\r\n"
        self.write()
        task = self.loop.create_task(self.encrypt(self.ledger.starttls))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def encrypt(self, context: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError):  # the client turned our certificate down
            transport = await self.loop.start_tls(self.transport, self, context, server_side=True)
            if transport is not None:
                self.transport, self.encrypted, self.waiting, self.sender = transport, True, False, None
                self.work()

    def on_auth(self, line: str) -> None:
        _, mechanism, *initial = line.split(" ")
        if mechanism.upper() == "PLAIN" and initial:
            self.judge_login(base64.b64decode(initial[0]).decode().split("\0")[1:])
        elif mechanism.upper() == "PLAIN":
            self.asked = ["PLAIN"]
            self.say("334 ")
        elif initial:
            self.asked = ["LOGIN", base64.b64decode(initial[0]).decode()]
            self.say("334 UGFzc3dvcmQ6")
        else:
            self.asked = ["LOGIN"]
            self.say("334 VXNlcm5hbWU6")

    def continue_login(self, line: str) -> None:
        text = base64.b64decode(line).decode()
        mechanism, *known = self.asked
        if mechanism == "PLAIN":
            self.judge_login(text.split("\0")[1:])
        elif known:
            self.judge_login([*known, text])
        else:
            self.asked.append(text)
            self.say("334 UGFzc3dvcmQ6")

    def judge_login(self, given: list[str]) -> None:
        self.asked = []
        self.logged_in = ":".join(given) == self.ledger.behaviour.login
        self.say("235 2.7.0 welcome" if self.logged_in else "535 5.7.8 wrong user name or password")

    def on_mail(self, line: str) -> None:
        behaviour, path = self.ledger.behaviour, _PATH.match(line)
        size = re.search(r"\bSIZE=(\d+)", line, re.IGNORECASE)
        farewell = behaviour.shut_down_after
        if farewell is not None and self.messages >= farewell:
            self.say(None, Rule(at="mail", reply="421 4.4.2 good night", close=True))
        elif behaviour.login is not None and not self.logged_in:
            self.say("530 5.7.0 log in first")
        elif path is None or self.sender is not None:
            self.say("503 5.5.1 not now")
        elif behaviour.size is not None and size is not None and int(size[1]) > behaviour.size:
            self.say("552 5.3.4 too large")
        elif (rule := self.ledger.rule("mail", path[1])) is not None:
            if rule.reply is None and not rule.close:
                self.sender = path[1]
            self.say("250 2.1.0 ok", rule)
        else:
            self.sender = path[1]
            self.say("250 2.1.0 ok")

    def on_rcpt(self, line: str) -> None:
        path = _PATH.match(line)
        if self.sender is None or path is None:
            self.say("503 5.5.1 not now")
            return
        rule = self.ledger.rule("rcpt", path[1])
        if rule is None or (rule.reply is None and not rule.close):
            self.recipients.append(path[1])
        self.say("250 2.1.5 ok", rule)

    def on_data(self, _line: str) -> None:
        rule = self.ledger.rule("data", *self.recipients)
        if rule is not None and (rule.close or not (rule.reply or "354").startswith("354")):
            self.say(None, rule)
        elif rule is None and not self.recipients:
            self.say("503 5.5.1 no valid recipients")
        else:
            self.say("354 go ahead", rule)
            self.in_body, self.searched = True, 0
            self.buffer[:0] = b"\r\n"  # so that the end looks the same for an empty body
            self.say(None, self.ledger.rule("body", *self.recipients))

    def read_body(self) -> bool:
        end = self.buffer.find(b"\r\n.\r\n", self.searched)
        if end < 0:
            self.searched = max(0, len(self.buffer) - 4)
            return False
        content = bytes(self.buffer[2 : end + 2]) if end else b""
        del self.buffer[: end + 5]
        self.in_body = False
        self.take((b"\r\n" + content).replace(b"\r\n.", b"\r\n")[2:])
        return True

    def take(self, content: bytes) -> None:
        sender, recipients = self.sender or "", self.recipients
        self.sender, self.recipients = None, []
        behaviour, rule = self.ledger.behaviour, self.ledger.rule("dot", *recipients)
        if not recipients:
            self.say("554 5.5.1 no valid recipients")
            return
        if behaviour.size is not None and len(content) > behaviour.size:
            self.say("552 5.3.4 too large")
            return
        usual = rule is None or (rule.reply is None and not rule.close)
        if usual or (rule is not None and rule.taken):
            self.ledger.accept(sender, recipients, content, self.number)
            self.messages += 1
        if rule is not None:
            self.say("250 2.0.0 taken", rule)
        elif behaviour.delay_reply:
            self.pause(behaviour.delay_reply, self.taken)
        else:
            self.taken()

    def taken(self) -> None:
        self.out += b"250 2.0.0 taken\r\n"
        close_after = self.ledger.behaviour.close_after
        if self.ledger.behaviour.delay_reply or close_after == self.messages:
            self.write()
        if close_after == self.messages:
            self.transport.close()


async def _serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    context = None
    if options.cert is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert)
    log = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    if options.contents is not None:
        options.contents.mkdir(parents=True, exist_ok=True)
    ledger = _Ledger(
        behaviour=_behaviour_of(options),
        log=log,
        contents=options.contents,
        starttls=None if options.implicit_tls else context,
    )
    server = await loop.create_server(
        lambda: _Conversation(ledger),
        "127.0.0.1",
        options.port,
        ssl=context if options.implicit_tls else None,
        backlog=512,
    )
    _print_line({"port": server.sockets[0].getsockname()[1]})
    if options.controlled:
        await _obey(ledger)
    else:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()


async def _obey(ledger: _Ledger) -> None:
    """Take orders from standard input; its end is the end of the parent, and of this process."""
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        if "behaviour" in order:
            ledger.behaviour, ledger.used = _behaviour_from(order["behaviour"]), {}
        if order.get("wait_until_idle") and ledger.open:
            with contextlib.suppress(TimeoutError):  # the caller sees it by "open"
                await asyncio.wait_for(ledger.idle.wait(), 30)
        _print_line(
            {
                "connections": ledger.connections,
                "open": ledger.open,
                "accepted": ledger.accepted,
                "commands": ledger.commands,
            }
        )


def _print_line(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _behaviour_from(raw: dict[str, Any]) -> Behaviour:
    return Behaviour(**{**raw, "rules": tuple(Rule(**rule) for rule in raw.get("rules", ()))})


def _behaviour_of(options: argparse.Namespace) -> Behaviour:
    return Behaviour(
        delay_reply=options.delay_reply,
        delay_command=options.delay_command,
        pipelining=not options.no_pipelining,
        size=options.size,
        login=options.login,
        close_after=options.close_after,
        shut_down_after=options.shut_down_after,
        rules=tuple(Rule(**json.loads(raw)) for raw in options.rule),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="An SMTP sink that records what it really accepted.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--log", type=Path, required=True, help="one JSON line for each accepted message")
    parser.add_argument("--contents", type=Path, help="a folder for the messages themselves")
    parser.add_argument("--delay-reply", type=float, default=0.0, help="seconds before the final answer")
    parser.add_argument("--delay-command", type=float, default=0.0, help="seconds before any other answer")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--size", type=int, help="the largest message in bytes")
    parser.add_argument("--login", help="user:password that is asked for")
    parser.add_argument("--close-after", type=int, help="hang up after so many messages on one connection")
    parser.add_argument("--shut-down-after", type=int, help="421 to the next MAIL after so many messages")
    parser.add_argument("--rule", action="append", default=[], help='JSON: {"at": "rcpt", "reply": "550 no"}')
    parser.add_argument("--cert", type=Path, help="PEM with key and certificate: STARTTLS is offered")
    parser.add_argument("--implicit-tls", action="store_true", help="TLS from the first byte")
    parser.add_argument("--controlled", action="store_true", help="orders on stdin; ends with it")
    return parser


@frozen
class Sink:
    """A running sink, seen from the process that started it."""

    port: int
    log: Path
    contents: Path | None
    _process: "subprocess.Popen[str]" = field(repr=False)
    _behaviour: list[Behaviour] = field(repr=False)

    def accepted(self) -> list[AcceptedMessage]:
        """Every message accepted so far, in order."""
        with self.log.open() as lines:
            raws = [json.loads(line) for line in lines if line.endswith("\n")]
        return [AcceptedMessage(**{**raw, "recipients": tuple(raw["recipients"])}) for raw in raws]

    def behave(self, **changes: Any) -> Seen:
        """Change some of ``Behaviour``'s attributes from now on; rules count from zero again."""
        self._behaviour[0] = evolve(self._behaviour[0], **changes)
        return self._order({"behaviour": asdict(self._behaviour[0])})

    def seen(self) -> Seen:
        """What the sink has counted so far."""
        return self._order({})

    def wait_until_idle(self) -> Seen:
        """Wait until no connection is open, so that nothing more can be accepted on one.

        Raises:
            TimeoutError: one was still open after 30 seconds.
        """
        seen = self._order({"wait_until_idle": True})
        if seen.open:
            raise TimeoutError(f"{seen.open} connections are still open")
        return seen

    def _order(self, order: dict[str, Any]) -> Seen:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Seen(**_read_line(self._process.stdout))


def _read_line(stream: IO[str]) -> dict[str, Any]:
    line = stream.readline()
    if not line:
        raise RuntimeError("the sink has ended")
    value: dict[str, Any] = json.loads(line)
    return value


@contextmanager
def running_sink(
    folder: Path,
    *,
    port: int = 0,
    contents: bool = False,
    certificate: Path | None = None,
    implicit_tls: bool = False,
    **behaviour: Any,
) -> Iterator[Sink]:
    """Run a sink with its log in *folder* until the block ends, or this process does.

    Args:
        contents: Keep the messages too, in ``folder/contents``.
        certificate: PEM with key and certificate; STARTTLS is offered.
        implicit_tls: TLS from the first byte instead.
        behaviour: Attributes of ``Behaviour``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log, content_folder = folder / "accepted.jsonl", folder / "contents" if contents else None
    log.touch()
    command = [sys.executable, str(Path(__file__)), "--controlled", "--log", str(log), "--port", str(port)]
    command += ["--contents", str(content_folder)] if content_folder else []
    command += ["--cert", str(certificate)] if certificate else []
    command += ["--implicit-tls"] if implicit_tls else []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            found = _read_line(process.stdout)["port"]
            sink = Sink(found, log, content_folder, process, [Behaviour()])
            sink.behave(**behaviour)
            yield sink
        finally:
            process.kill()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_parser().parse_args()))
