"""The doctor finds what does not work, says what to do, and changes nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from boona_adapters import wiring
from boona_adapters.cli.doctor import diagnose
from boona_adapters.database_privacy import Leak, LeakyDatabase, leaks_of
from boona_adapters.doctor import Finding, Verdict
from boona_adapters.settings import WHOLE_APPLICATION, Settings, read_settings
from tests.contract.buses import mock_kafka
from tests.edge.office import AGENCY, NOWHERE, Office
from tests.sink import Sink

PRODUCTION = {
    **AGENCY,
    "BOONA_ENVIRONMENT": "production",
    "BOONA_SMTP__HOST": "mail.example.org",
    "BOONA_SECRET": "correct horse battery staple 0123456789",
}
LOCAL = {"BOONA_SMTP__HOST": "127.0.0.1"}


def found(environ: Mapping[str, str]) -> dict[str, Finding]:
    """The findings about each thing, the last one of each."""
    return {finding.about: finding for finding in diagnose(read_settings(environ))}


def test_an_office_that_works_is_told_so(office: Office, sink: Sink) -> None:
    said = office.boona("doctor", "--json")

    answer = json.loads(said.out)
    verdicts = {finding["about"]: finding["verdict"] for finding in answer["findings"]}
    assert (said.status, said.err, answer["ok"]) == (0, "", True)
    assert verdicts == {
        "settings": "ok",
        "database": "ok",
        "migrations": "ok",
        "events": "ok",
        "schedule": "skipped",
        "restore": "warning",
        "database log": verdicts["database log"],
        "clock": "ok",
        "redis": "skipped",
        "mail": "ok",
    }
    assert sink.seen().commands.keys() <= {"EHLO", "QUIT"}


def test_people_see_a_table(office: Office) -> None:
    said = office.boona("doctor")

    assert said.status == 0
    assert said.out.split()[:6] == ["what", "verdict", "found", "what", "to", "do"]
    assert f"127.0.0.1:{office.smtp_port} (no TLS) answers" in said.out


def test_every_fault_is_told_with_what_to_do_and_no_secret(office: Office) -> None:
    said = office.boona(
        "doctor",
        "--json",
        BOONA_DATABASE_URL="postgresql://boona:hush@127.0.0.1:1/boona",
        BOONA_REDIS_URL="redis://:hush@127.0.0.1:1",
        BOONA_SMTP__PORT=str(NOWHERE),
        BOONA_SENDER__EMAIL=None,
    )

    findings: list[dict[str, Any]] = json.loads(said.out)["findings"]
    assert said.status == 1
    assert [(finding["about"], finding["verdict"]) for finding in findings] == [
        ("settings", "failed"),
        ("database", "failed"),
        ("redis", "warning"),
        ("mail", "failed"),
    ]
    assert all(finding["advice"] for finding in findings)
    assert "hush" not in said.out + said.err


def test_without_any_setting_it_still_looks(office: Office) -> None:
    nothing = dict.fromkeys(["BOONA_DATABASE_URL", *AGENCY])

    said = office.boona("doctor", "--json", **nothing)

    findings = json.loads(said.out)["findings"]
    assert said.status == 1
    assert {
        finding["found"].partition(":")[0] for finding in findings if finding["about"] == "settings"
    } == nothing.keys()
    assert [finding["verdict"] for finding in findings if finding["about"] == "database"] == ["skipped"]


def test_a_database_without_tables_is_sent_to_the_migrations(empty_database_url: str) -> None:
    finding = found({"BOONA_DATABASE_URL": empty_database_url})["migrations"]

    assert (finding.verdict, finding.advice) == (Verdict.FAILED, "run `boona db upgrade`")


def test_a_server_without_tls_is_no_server_for_tls(sink: Sink) -> None:
    environ = {"BOONA_SMTP__PORT": str(sink.port), "BOONA_SMTP__TLS": "starttls"}

    finding = found(environ)["mail"]

    assert finding.verdict is Verdict.FAILED
    assert "STARTTLS" in finding.found


def in_production(office: Office) -> Settings:
    """The settings of production on this database."""
    return read_settings({**PRODUCTION, "BOONA_DATABASE_URL": office.url}, needs=WHOLE_APPLICATION)


def set_on_database(office: Office, setting: str, value: str) -> None:
    """Change a setting of the server for every new connection to this database."""
    name = sa.make_url(office.url).database
    with office.engine.begin() as connection:
        connection.execute(sa.text(f'ALTER DATABASE "{name}" SET {setting} = {value!r}'))


def make_private(office: Office) -> None:
    """Close the leaks that a server has which Boona did not start; the embedded one has none."""
    for leak in leaks_of(office.engine):
        set_on_database(office, leak.setting, leak.wanted)
    office.engine.dispose()


def test_production_starts_on_a_database_whose_log_takes_no_patient_data(office: Office) -> None:
    make_private(office)
    settings = in_production(office)

    wiring.build(settings).close()

    findings = [finding for finding in diagnose(settings) if finding.about == "database log"]
    assert [finding.verdict for finding in findings] == [Verdict.OK]


def test_production_does_not_start_on_a_database_whose_log_would_take_patient_data(office: Office) -> None:
    make_private(office)
    set_on_database(office, "log_parameter_max_length_on_error", "80")

    with pytest.raises(LeakyDatabase) as refused:
        wiring.build(in_production(office))

    assert refused.value.leaks == (Leak("log_parameter_max_length_on_error", "80B", "0"),)
    assert "ALTER SYSTEM SET log_parameter_max_length_on_error = '0';" in str(refused.value)


def test_production_does_not_even_migrate_such_a_database(office: Office) -> None:
    set_on_database(office, "debug_print_plan", "on")

    with pytest.raises(LeakyDatabase):
        wiring.migrate(in_production(office))


@pytest.mark.parametrize(("environment", "verdict"), [("production", "failed"), ("development", "warning")])
def test_a_log_that_could_take_patient_data_is_worse_in_production(
    environment: str, verdict: str, office: Office
) -> None:
    make_private(office)
    set_on_database(office, "debug_print_plan", "on")

    said = office.boona("doctor", "--json", **{**PRODUCTION, "BOONA_ENVIRONMENT": environment, **LOCAL})

    findings = [finding for finding in json.loads(said.out)["findings"] if finding["about"] == "database log"]
    assert [(finding["verdict"], finding["found"]) for finding in findings] == [
        (verdict, "could take patient data: debug_print_plan is on, not off")
    ]
    assert "ALTER SYSTEM SET debug_print_plan = 'off';" in findings[0]["advice"]


# What runs by itself


def test_what_waits_too_long_or_for_a_person_is_told(office: Office, tmp_path: Path) -> None:
    with office.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO communication_service.outbox (type, key, data, created_at)"
                " VALUES ('match.created', 1, '{}', now() - interval '1 hour');"
                "INSERT INTO communication_service.schedule (name, expression, next_at)"
                " VALUES ('emails', '30 7 * * 1-5', now() - interval '1 hour');"
                "INSERT INTO communication_service.set_aside (source, reason, row)"
                " VALUES ('matching-events', 'unknown', jsonb_build_object('place', '1-0'))"
            )
        )

    findings = found({"BOONA_DATABASE_URL": office.url, **LOCAL})

    assert {name: findings[name].verdict for name in ("events", "schedule", "messages")} == {
        "events": Verdict.WARNING,
        "schedule": Verdict.WARNING,
        "messages": Verdict.WARNING,
    }
    assert "emails" in findings["schedule"].found


def test_a_restored_database_is_a_failure(office: Office, tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("5\n")

    finding = found({"BOONA_DATABASE_URL": office.url, "BOONA_HIGH_WATER_FILE": str(tmp_path / "mark")})["restore"]

    assert finding.verdict is Verdict.FAILED
    assert "boona release-hold" in str(finding.advice)


def test_a_kafka_that_is_away_and_one_that_is_there_are_told() -> None:
    with mock_kafka() as kafka:
        there = found({"BOONA_EVENTS__BUS": "kafka", "BOONA_KAFKA__BOOTSTRAP_SERVERS": kafka.servers})["kafka"]
        kafka.freeze()
        away = found({"BOONA_EVENTS__BUS": "kafka", "BOONA_KAFKA__BOOTSTRAP_SERVERS": kafka.servers})["kafka"]

    assert (there.verdict, away.verdict) == (Verdict.OK, Verdict.WARNING)
