"""What is written for containers and clusters parses, names what exists, and says which version it means."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from typed_settings.types import Secret

from boona_adapters.cli.program import COMMANDS
from boona_adapters.settings import BadSettings, Settings, read_settings, variable_of

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
DOCS = DEPLOY.parent / "docs"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
MANIFESTS: list[dict[str, Any]] = [
    document
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text("utf-8"))
]
OURS = {name: each for name, each in COMPOSE["services"].items() if str(each["image"]).startswith("boona:")}
SECRETS = {
    "BOONA_DATABASE_URL": "postgresql://boona:0f9d8e7c@pgbouncer:6432/boona",
    "BOONA_REDIS_URL": "redis://redis:6379/0",
    "BOONA_SMTP__USERNAME": "boona",
    "BOONA_SMTP__PASSWORD": "7c1f0e9d8b",
    "BOONA_SECRET": "0123456789abcdef0123456789abcdef",
}


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in MANIFESTS if manifest["kind"] == kind]


def pods() -> list[dict[str, Any]]:
    return [manifest["spec"]["template"]["spec"] for manifest in (*of_kind("Deployment"), *of_kind("Job"))]


CONTAINERS = [container for pod in pods() for container in pod["containers"]]
IMAGES = [each["image"] for each in (*COMPOSE["services"].values(), *CONTAINERS)]


@pytest.mark.parametrize("image", sorted(set(IMAGES)))
def test_every_image_is_pinned_by_a_tag_that_is_a_version(image: str) -> None:
    assert re.fullmatch(r"[a-z0-9./-]+:v?[0-9]+(\.[0-9]+)+[a-z0-9.-]*", image)


def test_the_settings_of_the_cluster_are_good_for_production() -> None:
    (settings,) = [manifest["data"] for manifest in of_kind("ConfigMap")]

    read = read_settings({**settings, **SECRETS})

    assert read.is_production
    assert isinstance(read.secret, Secret)


def test_the_settings_of_compose_are_all_known() -> None:
    settings = dict(OURS["worker"]["environment"])
    file_in_the_container = settings.pop("BOONA_SMTP__CA_FILE")

    read = read_settings(settings)

    assert read.smtp.redirect_to == "mailbox@example.org"
    assert file_in_the_container.endswith(".pem")


def test_a_misspelt_setting_would_be_found() -> None:
    with pytest.raises(BadSettings):
        read_settings({**OURS["worker"]["environment"], "BOONA_SCHEDULE__EMALIS": "30 7 * * 1-5"})


def test_every_role_runs_a_command_that_exists() -> None:
    asked = [each["args"][0] for each in CONTAINERS] + [each["command"][0] for each in OURS.values()]

    assert {"worker", "sweep", "relay", "api", "db"} == set(asked)
    assert set(asked) <= COMMANDS.keys()


def test_every_pod_is_no_root_has_limits_and_reads_settings_and_secret() -> None:
    wrong = [
        container["name"]
        for pod in pods()
        for container in pod["containers"]
        if not pod["securityContext"]["runAsNonRoot"]
        or container["securityContext"]["allowPrivilegeEscalation"]
        or "memory" not in container["resources"]["limits"]
        or [next(iter(each)) for each in container["envFrom"]] != ["configMapRef", "secretRef"]
    ]

    assert wrong == []


@pytest.mark.parametrize("version", ["1.29", "1.33"])
@pytest.mark.parametrize("number", range(len(MANIFESTS)))
def test_every_manifest_is_what_its_kind_may_be_and_nothing_else(number: int, version: str) -> None:
    kubernetes_validate.validate(MANIFESTS[number], version, strict=True)


def test_a_misspelt_field_of_a_manifest_would_be_found() -> None:
    (job,) = of_kind("Job")
    misspelt = {**job, "spec": {**job["spec"], "backofLimit": 3}}

    with pytest.raises(kubernetes_validate.ValidationError, match="backofLimit"):
        kubernetes_validate.validate(misspelt, "1.33", strict=True)


def test_selectors_and_labels_agree_and_volumes_are_there() -> None:
    claims = {manifest["metadata"]["name"] for manifest in of_kind("PersistentVolumeClaim")}
    labels = [
        (each["spec"]["selector"]["matchLabels"], each["spec"]["template"]["metadata"]["labels"])
        for each in of_kind("Deployment")
    ]
    claimed = {
        volume["persistentVolumeClaim"]["claimName"]
        for pod in pods()
        for volume in pod.get("volumes", ())
        if "persistentVolumeClaim" in volume
    }

    assert [pair for pair in labels if pair[0] != pair[1]] == []
    assert claimed <= claims


def test_whoever_sends_has_the_time_to_finish_what_is_in_hand() -> None:
    grace = {each["metadata"]["labels"]["role"]: each["spec"]["template"]["spec"] for each in of_kind("Deployment")}

    assert grace["worker"]["terminationGracePeriodSeconds"] > 600
    assert grace["sweep"]["terminationGracePeriodSeconds"] > 600


def test_no_secret_stands_in_a_manifest() -> None:
    assert of_kind("Secret") == []


@pytest.mark.parametrize("page", ["operations.md", "tagesablauf.md"])
def test_the_pages_name_settings_and_commands_that_exist(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    known = known_names()

    settings = set(re.findall(r"`(BOONA_[A-Z_]+[A-Z])`", text))
    commands = set(re.findall(r"`boona ([a-z-]+)", text))

    assert settings - known == set()
    assert commands - COMMANDS.keys() <= {"follow-ups", "calls", "call", "answer"}


def known_names() -> set[str]:
    """Every setting there is, and what stands before the parts of one."""
    names: set[str] = set()
    for each in Settings.__attrs_attrs__:
        default = getattr(Settings(), each.name)
        parts = getattr(type(default), "__attrs_attrs__", ())
        names |= {variable_of(f"{each.name}.{part.name}") for part in parts} or {variable_of(each.name)}
    return names
