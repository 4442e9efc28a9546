"""What an installation may be told, and what it is refused for."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from boona_adapters.settings import WHOLE_APPLICATION, BadSettings, Environment, Need, Settings, Tls, read_settings
from boona_core.contact import ContactPolicy, CooldownTrigger
from boona_core.emails import SendingPolicy
from boona_core.windows import Weekday, Window

SECRET = "correct horse battery staple 0123456789"

PRODUCTION = {
    "BOONA_ENVIRONMENT": "production",
    "BOONA_DATABASE_URL": "postgresql://boona_app:dL7aQ2@db.example.org/boona",
    "BOONA_SMTP__HOST": "mail.example.org",
    "BOONA_SENDER__EMAIL": "vermittlung@example.org",
    "BOONA_SENDER__NAME": "Vermittlung",
    "BOONA_AGENCY__NAME": "Vermittlung Beispiel",
    "BOONA_AGENCY__ADDRESS": "Beispielweg 1, 10115 Berlin",
    "BOONA_SECRET": SECRET,
}


def faults(environ: Mapping[str, str], needs: Collection[Need] = ()) -> dict[str, str]:
    """What is refused, by the name of the variable."""
    with pytest.raises(BadSettings) as refused:
        read_settings(environ, needs=needs)
    return {fault.place: fault.fault for fault in refused.value.faults}


def test_without_a_word_it_is_development_with_a_mail_server_on_port_1025() -> None:
    settings = read_settings({})

    assert settings.environment is Environment.DEVELOPMENT
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.tls) == ("127.0.0.1", 1025, Tls.NONE)
    assert settings.policy == ContactPolicy()
    assert settings.sending == SendingPolicy()
    assert settings.zone == ZoneInfo("Europe/Berlin")
    assert settings.approval is False


def test_everything_that_is_missing_is_told_at_once() -> None:
    found = faults({"BOONA_ENVIRONMENT": "testing"}, WHOLE_APPLICATION)

    assert found == dict.fromkeys(
        [
            "BOONA_DATABASE_URL",
            "BOONA_SENDER__EMAIL",
            "BOONA_SENDER__NAME",
            "BOONA_AGENCY__NAME",
            "BOONA_AGENCY__ADDRESS",
            "BOONA_SMTP__HOST",
        ],
        "is missing",
    )


def test_what_is_missing_and_what_is_wrong_are_told_together() -> None:
    found = faults(
        {"BOONA_SMTP__PORT": "70000", "BOONA_ZONE": "Mars/Olympus", "BOONA_POLICY__COOLDOWN_DAYS": "soon"},
        {Need.DATABASE},
    )

    assert found.keys() == {"BOONA_SMTP__PORT", "BOONA_ZONE", "BOONA_POLICY__COOLDOWN_DAYS", "BOONA_DATABASE_URL"}


def test_an_empty_variable_is_not_set() -> None:
    assert faults({"BOONA_DATABASE_URL": " "}, {Need.DATABASE}) == {"BOONA_DATABASE_URL": "is missing"}


def test_every_field_of_the_policy_can_be_set() -> None:
    settings = read_settings(
        {
            "BOONA_POLICY__EMAIL_INTERVAL_DAYS": "8",
            "BOONA_POLICY__FOLLOW_UP_AFTER_DAYS": "9",
            "BOONA_POLICY__COOLDOWN_DAYS": "30",
            "BOONA_POLICY__COOLDOWN_TRIGGER": "any_response",
            "BOONA_POLICY__CALL_INTERVAL_DAYS": "6",
            "BOONA_POLICY__QUIET_DAYS_BEFORE_CALL": "5",
            "BOONA_POLICY__MAX_REQUESTS_PER_EMAIL": "4",
            "BOONA_POLICY__MAX_REQUESTS_PER_CALL": "3",
            "BOONA_POLICY__MAX_EMAILS_PER_DAY": "200",
            "BOONA_POLICY__CALL_MINUTES": "10",
            "BOONA_POLICY__CALL_MINUTES_PER_EXTRA_REQUEST": "2",
            "BOONA_POLICY__CALL_GRID_MINUTES": "15",
            "BOONA_POLICY__CALL_LEAD_MINUTES": "60",
            "BOONA_POLICY__CALL_HORIZON_DAYS": "21",
            "BOONA_POLICY__MAX_CALL_ATTEMPTS": "2",
            "BOONA_POLICY__RETRY_GAP": "next_window",
            "BOONA_POLICY__FALLBACK_PHONE_HOURS": '{"monday": ["09:00-12:00"]}',
        }
    )

    policy = settings.policy
    assert policy.email_interval_days == 8
    assert policy.cooldown_trigger is CooldownTrigger.ANY_RESPONSE
    assert policy.max_emails_per_day == 200
    assert policy.max_call_attempts == 2
    assert policy.fallback_phone_hours is not None
    assert policy.fallback_phone_hours.on(Weekday.MONDAY) == (Window(9 * 60, 12 * 60),)


def test_every_fault_of_a_policy_is_told() -> None:
    found = faults(
        {
            "BOONA_POLICY__EMAIL_INTERVAL_DAYS": "0",
            "BOONA_POLICY__CALL_GRID_MINUTES": "61",
            "BOONA_POLICY__COOLDOWN_TRIGGER": "a whim",
            "BOONA_POLICY__FALLBACK_PHONE_HOURS": '{"moonday": []}',
        }
    )

    assert found == {
        "BOONA_POLICY__EMAIL_INTERVAL_DAYS": "expected a whole number from 1 to 3660, got 0",
        "BOONA_POLICY__CALL_GRID_MINUTES": "expected a whole number from 1 to 60, got 61",
        "BOONA_POLICY__COOLDOWN_TRIGGER": "expected rejection or any_response",
        "BOONA_POLICY__FALLBACK_PHONE_HOURS": "moonday: is not a weekday",
    }


def test_how_sending_waits_is_told_in_seconds() -> None:
    settings = read_settings(
        {
            "BOONA_SENDING__CLAIM_LEASE": "1.5",
            "BOONA_SENDING__HANDOFF_LEASE": "4",
            "BOONA_SMTP__ANSWER_TIMEOUT": "2",
            "BOONA_SENDING__CLAIM_SIZE": "3",
        }
    )

    assert settings.sending.claim_lease == timedelta(seconds=1.5)
    assert settings.sending.handoff_lease == timedelta(seconds=4)
    assert settings.sending.claim_size == 3
    assert settings.smtp.answer_timeout == 2.0


def test_a_lease_that_ends_before_the_server_must_answer_is_refused() -> None:
    assert faults({"BOONA_SENDING__HANDOFF_LEASE": "600"}) == {
        "BOONA_SENDING__HANDOFF_LEASE": "must be longer than BOONA_SMTP__ANSWER_TIMEOUT (600 seconds)"
    }


def test_a_misspelt_name_is_refused_and_the_right_one_proposed() -> None:
    assert faults({"BOONA_SMTP_HOST": "mail.example.org"}) == {
        "BOONA_SMTP_HOST": "is no setting; did you mean BOONA_SMTP__HOST?"
    }


@pytest.mark.parametrize("name", ["boona_database_url", "BOONA_POLICY__SIZE", "BOONA_"])
def test_a_name_that_nobody_knows_is_refused(name: str) -> None:
    assert faults({name: "17"}).keys() == {name}


def test_names_for_tests_and_for_fault_points_are_known() -> None:
    settings = read_settings({"BOONA_TEST_DATABASE_URL": "x", "BOONA_FAULTS": "claimed:kill@1", "HOME": "/"})

    assert settings == read_settings({})


def test_fault_points_that_cannot_be_read_are_refused() -> None:
    assert faults({"BOONA_FAULTS": "claimed:sing@1"}).keys() == {"BOONA_FAULTS"}


def test_no_secret_is_ever_shown() -> None:
    settings = read_settings(
        {
            **PRODUCTION,
            "BOONA_SMTP__USERNAME": "app",
            "BOONA_SMTP__PASSWORD": "hush",
            "BOONA_REDIS_URL": "redis://:hush@r",
        }
    )

    shown = f"{settings!r} {settings} {settings.smtp} {settings.database_url} {settings.secret}"

    assert "hush" not in shown
    assert "dL7aQ2" not in shown
    assert SECRET not in shown


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(
            {
                "BOONA_DATABASE_URL": "mysql://root:hush@db",
                "BOONA_REDIS_URL": "hush",
                "BOONA_SMTP__PASSWORD": "hush",
                "BOONA_SMTP__PORT": "hush",
                "BOONA_PASSWORD": "hush",
            }
        )

    assert len(refused.value.faults) == 5
    assert "hush" not in f"{refused.value!r} {refused.value} {refused.value.readable!r}"


def test_half_a_login_is_refused() -> None:
    assert faults({"BOONA_SMTP__USERNAME": "app"}).keys() == {"BOONA_SMTP__PASSWORD"}


@pytest.mark.parametrize("environment", ["development", "testing"])
def test_outside_production_nothing_but_a_loopback_server_is_written_to(environment: str) -> None:
    environ = {"BOONA_ENVIRONMENT": environment, "BOONA_SMTP__HOST": "mail.example.org"}

    assert faults(environ).keys() == {"BOONA_SMTP__HOST"}


def test_outside_production_a_redirect_address_opens_the_way() -> None:
    settings = read_settings({"BOONA_SMTP__HOST": "mail.example.org", "BOONA_SMTP__REDIRECT_TO": "me@example.org"})

    assert (settings.smtp.port, settings.smtp.tls) == (587, Tls.STARTTLS)


def test_a_redirect_to_no_address_opens_nothing() -> None:
    found = faults({"BOONA_SMTP__HOST": "mail.example.org", "BOONA_SMTP__REDIRECT_TO": "me"})

    assert found.keys() == {"BOONA_SMTP__HOST", "BOONA_SMTP__REDIRECT_TO"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine_needs_no_tls_outside_production(host: str) -> None:
    settings = read_settings({"BOONA_SMTP__HOST": host, "BOONA_SMTP__PORT": "2525"})

    assert (settings.smtp.port, settings.smtp.tls) == (2525, Tls.NONE)


def test_another_machine_is_never_spoken_to_without_tls() -> None:
    environ = {
        "BOONA_SMTP__HOST": "mail.example.org",
        "BOONA_SMTP__TLS": "none",
        "BOONA_SMTP__REDIRECT_TO": "me@example.org",
    }

    assert faults(environ) == {"BOONA_SMTP__TLS": "none is only for a loopback address"}


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("implicit", 465)])
def test_the_usual_port_follows_from_the_kind_of_tls(tls: str, port: int) -> None:
    settings = read_settings({**PRODUCTION, "BOONA_SMTP__TLS": tls}, needs=WHOLE_APPLICATION)

    assert settings.smtp.port == port


def test_production_has_no_mail_server_by_default() -> None:
    environ = {name: value for name, value in PRODUCTION.items() if name != "BOONA_SMTP__HOST"}

    assert faults(environ, {Need.MAIL}) == {"BOONA_SMTP__HOST": "is missing"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"BOONA_SMTP__HOST": "127.0.0.1", "BOONA_SMTP__TLS": "none"}, "BOONA_SMTP__TLS"),
        ({"BOONA_SECRET": ""}, "BOONA_SECRET"),
        ({"BOONA_SECRET": "too short"}, "BOONA_SECRET"),
        ({"BOONA_DATABASE_URL": "postgresql://boona:postgres@db/boona"}, "BOONA_DATABASE_URL"),
        ({"BOONA_SMTP__USERNAME": "u", "BOONA_SMTP__PASSWORD": "changeme"}, "BOONA_SMTP__PASSWORD"),
        ({"BOONA_PUBLIC_URL": "http://boona.example.org"}, "BOONA_PUBLIC_URL"),
        ({"BOONA_FAULTS": "claimed:kill@1"}, "BOONA_FAULTS"),
    ],
)
def test_production_refuses_to_start(change: Mapping[str, str], place: str) -> None:
    assert faults({**PRODUCTION, **change}).keys() == {place}


def test_production_starts_with_tls_and_secrets_of_its_own() -> None:
    settings = read_settings(PRODUCTION, needs=WHOLE_APPLICATION)

    assert settings.is_production
    assert settings.smtp.tls is Tls.STARTTLS


def test_letters_with_a_link_only_wait_for_the_answer_page() -> None:
    assert "answer page" in faults({"BOONA_LETTER_DETAIL": "link"})["BOONA_LETTER_DETAIL"]


@pytest.mark.parametrize(("word", "on"), [("on", True), ("off", False), ("ON", True)])
def test_approval_is_on_or_off(word: str, on: bool) -> None:
    assert read_settings({"BOONA_APPROVAL": word}).approval is on


MAPS = {"BOONA_GEOCODING__NOMINATIM_URL": "https://maps.example/nominatim", "BOONA_GEOCODING__CONTACT": "it@a.example"}


def test_without_a_word_nobody_is_asked_about_places_and_ways() -> None:
    told = read_settings({}).geocoding

    assert not told.is_on
    assert (told.nominatim_url, told.osrm_url, told.contact) == (None, None, None)
    assert (told.timeout, told.keep_days, told.keep_unknown_days) == (10, 180, 14)


@pytest.mark.parametrize("name", ["NOMINATIM_URL", "OSRM_URL", "OSRM_BIKE_URL", "OSRM_FOOT_URL"])
def test_whoever_asks_about_places_or_ways_says_how_to_reach_them(name: str) -> None:
    environ = {f"BOONA_GEOCODING__{name}": "https://maps.example"}

    assert list(faults(environ)) == ["BOONA_GEOCODING__CONTACT"]
    assert read_settings({**environ, "BOONA_GEOCODING__CONTACT": "https://agency.example/"}).geocoding.is_on


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://nominatim:8080/", "http://10.0.0.7", "http://[::1]:5000"]
)
def test_within_the_house_maps_need_no_tls(url: str) -> None:
    assert read_settings({**MAPS, "BOONA_GEOCODING__NOMINATIM_URL": url}).geocoding.nominatim_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://maps.example",
        "http://8.8.8.8",
        "maps.example",
        "ftp://maps.example",
        "https://user:secret@maps.example",
        "https://maps.example/?key=secret",
        "https://maps.example/#here",
        "https://",
    ],
)
def test_an_address_of_maps_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    found = faults({**MAPS, "BOONA_GEOCODING__NOMINATIM_URL": url})

    assert list(found) == ["BOONA_GEOCODING__NOMINATIM_URL"]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTACT", "me"),
        ("CONTACT", "it@agency.example\r\nX: y"),
        ("CONTACT", "bär@agency.example"),
        ("CONTACT", "@" * 201),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "61"),
        ("KEEP_DAYS", "0"),
        ("KEEP_UNKNOWN_DAYS", "4000"),
    ],
)
def test_what_makes_no_sense_for_maps_is_refused(name: str, value: str) -> None:
    assert list(faults({**MAPS, f"BOONA_GEOCODING__{name}": value})) == [f"BOONA_GEOCODING__{name}"]


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "boona.toml"
    file.write_text(
        'approval = true\n[agency]\nname = "Aus der Datei"\nphone = "030 1"\n[policy]\ncooldown_days = 20\n'
    )

    settings = read_settings({"BOONA_SETTINGS": str(file), "BOONA_AGENCY__NAME": "Aus der Umgebung"})

    assert settings.approval is True
    assert (settings.agency.name, settings.agency.phone) == ("Aus der Umgebung", "030 1")
    assert settings.policy.cooldown_days == 20


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("[smtp]\nhots = 'a'\n", "BOONA_SETTINGS"),
        ("[smtp\n", "BOONA_SETTINGS"),
        ("smtp = 3\n", "BOONA_SETTINGS"),
        ("zone = [1]\n", "BOONA_ZONE"),
        ("[policy]\ncooldown_days = true\n", "BOONA_POLICY__COOLDOWN_DAYS"),
    ],
)
def test_a_file_is_read_as_strictly_as_the_environment(content: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "boona.toml"
    file.write_text(content)

    assert faults({"BOONA_SETTINGS": str(file)}).keys() == {place}


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert faults({"BOONA_SETTINGS": str(tmp_path / "none.toml")}, WHOLE_APPLICATION).keys() == {"BOONA_SETTINGS"}


def test_what_could_be_read_comes_with_the_faults() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({"BOONA_ZONE": "Mars", "BOONA_AGENCY__NAME": "Vermittlung"})

    readable: Settings = refused.value.readable
    assert readable.agency.name == "Vermittlung"
    assert readable.zone == ZoneInfo("Europe/Berlin")
