"""A week of the agency over HTTP and nothing else, in German names, as an older program would drive Boona.

    boona token create Woche --role coordinator --names de
    python examples/week_over_http.py http://127.0.0.1:8000 boona_…

Needs the standard library only.  Between two days it waits for Enter; the service sends by itself meanwhile.
"""

import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

MONTAGS = {"monday": [{"start": "08:00", "end": "18:00"}]}
JEDEN_TAG = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), MONTAGS["monday"])


class Boona:
    """Asks the API; what it refuses is returned with its status, not raised."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and answer of one request."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, {**self._headers, **headers}, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read() or "null")
        except HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def done(self, method: str, path: str, body: Any, **headers: str) -> Any:
        """The answer of a request that must not be refused."""
        status, answer = self.ask(method, path, body, **headers)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def made(self, path: str, body: Any, key: str) -> Any:
        """What was created; with a key, so that it may be sent again after a lost connection."""
        return self.done("POST", path, body, **{"Idempotency-Key": key})

    def seen(self, path: str) -> Any:
        """What there is."""
        return self.done("GET", path, None)


def run_week(boona: Boona, next_day: Callable[[str], object], say: Callable[[str], object] = print) -> dict[str, Any]:
    """Two Mondays and what lies between; returns what a reader may want to check."""
    mia = boona.made("/api/callers", {"name": "Mia", "working_hours": JEDEN_TAG}, "mia")
    praxen = [
        boona.made(
            "/api/therapists",
            {
                "nachname": nachname,
                "email": f"praxis@{nachname.lower()}.example",
                "telefon": telefon,
                "plz": "10115",
                "telefonische_erreichbarkeit": MONTAGS,
            },
            f"praxis-{nachname}",
        )
        for nachname, telefon in (("Weber", "030 23125 001"), ("Kurz", "030 23125 002"))
    ]
    patienten = [
        boona.made(
            "/api/patients",
            {
                "vorname": vorname,
                "nachname": "Muster",
                "diagnose": "F32.1",
                "vertraege_unterschrieben": True,
                "status": "searching",
                "startdatum": f"2026-0{monat}-01",
            },
            f"patient-{vorname}",
        )
        for monat, vorname in enumerate(("Kim", "Alex", "Toni"), start=1)
    ]
    anfragen = {
        (patient["vorname"], praxis["nachname"]): boona.made(
            "/api/placement-requests",
            {"patient_id": patient["id"], "therapist_id": praxis["id"]},
            f"anfrage-{patient['id']}-{praxis['id']}",
        )["id"]
        for patient in patienten
        for praxis in praxen
    }

    plan = boona.made("/api/email-plans", {}, "plan-montag")
    say(f"Montag: {len(plan['emails'])} E-Mails geplant")
    next_day("Dienstag")

    emails = {email["therapist_id"]: email for email in boona.seen("/api/emails?status=sent")["data"]}
    weber, kurz = (emails[praxis["id"]] for praxis in praxen)
    antwort = {
        "antwortinhalt": "Die erste Person nehme ich gern, für die anderen habe ich keinen Platz.",
        "outcomes": [
            {"placement_request_id": anfragen["Kim", "Weber"], "antwort_ergebnis": "accepted"},
            {"placement_request_id": anfragen["Alex", "Weber"], "antwort_ergebnis": "rejected"},
            {"placement_request_id": anfragen["Toni", "Weber"], "antwort_ergebnis": "rejected"},
        ],
    }
    boona.made(f"/api/emails/{weber['id']}/response", antwort, "antwort-weber")
    bestaetigung = boona.made(f"/api/emails/{weber['id']}/confirmation", None, "bestaetigung-weber")
    kim = boona.seen(f"/api/patients/{patienten[0]['id']}")
    say(f"Dienstag: Kim hat einen Platz ({kim['status']}), die Bestätigung ist {bestaetigung['status']}")

    status, nein = boona.ask(
        "POST", "/api/emails", {"therapist_id": praxen[1]["id"], "betreff": "Noch einmal", "body_text": "…"}
    )
    say(f"Dienstag: eine zweite E-Mail an Kurz ist {status}, frühestens {nein['decision']['next_allowed_on']}")
    for tag in ("Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag", "Montag"):
        next_day(tag)

    anrufe = boona.made("/api/call-plans", {}, "anrufe-montag")
    (anruf,) = anrufe["calls"]
    say(f"Montag: Kurz hat nicht geantwortet und wird um {anruf['geplante_zeit']} angerufen")
    gehalten = {
        "status": "completed",
        "ergebnis": "ein Platz ab Januar",
        "outcomes": [
            {"placement_request_id": anfragen["Alex", "Kurz"], "ergebnis": "accepted"},
            {"placement_request_id": anfragen["Toni", "Kurz"], "ergebnis": "needs_follow_up"},
        ],
    }
    gesprochen = boona.done("PUT", f"/api/phone-calls/{anruf['phone_call_id']}", gehalten)
    stand = {name: boona.seen(f"/api/placement-requests/{number}")["status"] for name, number in anfragen.items()}
    say(f"Montag: {sum(each == 'accepted' for each in stand.values())} Plätze in einer Woche")
    return {
        "plan": plan,
        "refusal": (status, nein["decision"]),
        "confirmation": bestaetigung,
        "call": gesprochen,
        "caller": mia,
        "requests": stand,
        "kurz": kurz,
    }


if __name__ == "__main__":
    run_week(Boona(sys.argv[1], sys.argv[2]), lambda day: input(f"weiter mit {day}: Enter "))
