"""The command that looks for what does not work."""

import os

import click

from boona_adapters import wiring
from boona_adapters.cli.options import as_json
from boona_adapters.cli.printing import print_json, print_table
from boona_adapters.doctor import Finding, Verdict, examine
from boona_adapters.settings import WHOLE_APPLICATION, BadSettings, Settings, read_settings


@click.command
@as_json
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Look at settings, database, Redis, mail server and clock, and say what to do.

    Changes nothing, sends nothing.  Exit status 1 when something keeps Boona from working.
    """
    faults: BadSettings | None = None
    try:
        settings = read_settings(os.environ, needs=WHOLE_APPLICATION)
    except BadSettings as bad:
        faults, settings = bad, bad.readable
    findings = diagnose(settings, faults)
    failed = any(finding.verdict is Verdict.FAILED for finding in findings)
    if as_json:
        print_json(
            {
                "ok": not failed,
                "findings": [
                    {"about": each.about, "verdict": each.verdict.value, "found": each.found, "advice": each.advice}
                    for each in findings
                ],
            }
        )
    else:
        rows = [(each.about, each.verdict.value, each.found, each.advice) for each in findings]
        print_table(("what", "verdict", "found", "what to do"), rows)
    if failed:
        context.exit(1)


def diagnose(settings: Settings, faults: BadSettings | None = None) -> tuple[Finding, ...]:
    """What works on this installation and what does not, and what to do.

    Args:
        faults: What is wrong with the settings; what could be read of them is examined all the same.
    """
    return tuple(examine(settings, faults, open_database=wiring.database, open_mail=wiring.smtp_server))
