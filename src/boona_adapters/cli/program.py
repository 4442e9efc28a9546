"""Which commands are there, and what does a person see when one fails?

Results go to standard output, messages to standard error.  An error that was foreseen is one line that says what to
do; of any other error only its kind and its places are told, under a reference: its text might repeat patient data.
"""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from uuid import uuid4

import click

from boona_adapters import logs
from boona_adapters.cli.lazy import LazyCommand, LazyGroup
from boona_core.errors import BoonaError, InvalidValues, StoreUnavailable

COMMANDS = {
    "up": LazyCommand("boona_adapters.cli.up:up", "Run everything on this machine; --demo with an invented agency."),
    "db": LazyCommand("boona_adapters.cli.db:db", "Migrate the database: upgrade, downgrade, check."),
    "import": LazyCommand(
        "boona_adapters.cli.importing:importing", "Read therapists, patients and requests from files."
    ),
    "match": LazyCommand("boona_adapters.cli.match:match", "Which therapists fit a patient, and the other way round."),
    "geocode": LazyCommand("boona_adapters.cli.geocode:geocode", "Ask where people are, and how long ways take."),
    "duplicates": LazyCommand(
        "boona_adapters.cli.duplicates:duplicates", "Therapists who may have been entered twice."
    ),
    "merge": LazyCommand("boona_adapters.cli.duplicates:merge", "Merge two entries of one therapist."),
    "unmerge": LazyCommand("boona_adapters.cli.duplicates:unmerge", "Undo a merge."),
    "patient": LazyCommand("boona_adapters.cli.people:patient", "Start, pause or end a patient's search or therapy."),
    "therapist": LazyCommand("boona_adapters.cli.people:therapist", "Block, deactivate or leave a therapist alone."),
    "plan": LazyCommand("boona_adapters.cli.plan:plan", "Plan contacts: what, and what not and why."),
    "follow-ups": LazyCommand("boona_adapters.cli.call_plans:follow_ups", "Plan the calls that answer silent emails."),
    "send": LazyCommand("boona_adapters.cli.send:send", "Send what is in the email queue."),
    "emails": LazyCommand("boona_adapters.cli.emails:emails", "List emails, or show one."),
    "queue": LazyCommand("boona_adapters.cli.decisions:queue", "Put drafts into the queue."),
    "settle": LazyCommand("boona_adapters.cli.decisions:settle", "Say what became of an uncertain or failed email."),
    "cancel": LazyCommand("boona_adapters.cli.decisions:cancel", "Cancel an email that was not sent."),
    "release": LazyCommand("boona_adapters.cli.decisions:release", "Give a placement request back: open again."),
    "answer": LazyCommand("boona_adapters.cli.answers:answer", "Record what a therapist answered to an email."),
    "confirm": LazyCommand("boona_adapters.cli.answers:confirm", "Thank a therapist for a yes."),
    "undo": LazyCommand("boona_adapters.cli.answers:undo", "Undo a placement that fell through."),
    "calls": LazyCommand("boona_adapters.cli.calls:calls", "The call list of a day, or one call with what to say."),
    "call": LazyCommand("boona_adapters.cli.call:call", "Say what became of a call, or change it."),
    "callers": LazyCommand("boona_adapters.cli.callers:callers", "Who makes calls, and when."),
    "closures": LazyCommand("boona_adapters.cli.closures:closures", "The days without calls."),
    "why": LazyCommand("boona_adapters.cli.why:why", "Why a therapist is contacted, or not."),
    "api": LazyCommand("boona_adapters.cli.api:api", "Serve the HTTP API."),
    "token": LazyCommand("boona_adapters.cli.token:token", "Let other programs in: create, list, revoke."),
    "worker": LazyCommand("boona_adapters.cli.roles:worker", "Do what is due whenever a message says so."),
    "sweep": LazyCommand("boona_adapters.cli.roles:sweep", "Find what is due, and see that it is done."),
    "relay": LazyCommand("boona_adapters.cli.roles:relay", "Tell other systems what happened, and hear them."),
    "events": LazyCommand("boona_adapters.cli.events:events", "Events that wait, and messages set aside."),
    "release-hold": LazyCommand("boona_adapters.cli.events:release_hold", "Send again after a restore."),
    "doctor": LazyCommand("boona_adapters.cli.doctor:doctor", "Look for what does not work, and say what to do."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings come from BOONA_… variables, and from a TOML file that BOONA_SETTINGS names.  Exit status: 0 "
    "done, 1 failed, 2 wrong usage.",
)
@click.version_option(package_name="boona", prog_name="boona")
def boona() -> None:
    """Boona runs the outreach of a psychotherapy placement agency."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    logs.configure()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a letter shows its number
            stream.reconfigure(errors="backslashreplace")
    try:
        status = boona.main(args=arguments, prog_name="boona", standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except click.Abort:
        return _failed("stopped")
    except Exception as error:
        return _failed(*_words(error))
    return status if isinstance(status, int) else 0


def _words(error: Exception) -> Sequence[str]:
    """What a person is told of an error, the most important line first."""
    if isinstance(error, InvalidValues):
        return (f"{len(error.faults)} to mend:", *map(str, error.faults))
    if isinstance(error, StoreUnavailable):
        return (f"the database cannot be reached, or went away ({error}): see `boona doctor`",)
    if isinstance(error, BoonaError):
        return (str(error),)
    reference = uuid4().hex[:12]
    logs.logger().error("unexpected error", reference=reference, **logs.places_of(error))
    return (f"unexpected error {type(error).__name__}, reference {reference}: the line above says where",)


def _failed(first: str, *others: str) -> int:
    click.echo(f"boona: {first}", err=True)
    for line in others:
        click.echo(f"  {line}", err=True)
    return 1
