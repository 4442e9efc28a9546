"""What is a field called on the wire, in English and in German?

The one table of wire names: files that are imported use it, and so does everything else that speaks to other programs.
Names that are not in it are the same in both languages; enumerated values are never translated.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from boona_core.errors import InvalidValue, InvalidValues

_T = TypeVar("_T")

_EMAILS = {
    "subject": "betreff",
    "recipient_email": "empfaenger_email",
    "recipient_name": "empfaenger_name",
    "sender_email": "absender_email",
    "sender_name": "absender_name",
    "error_message": "fehlermeldung",
    "retry_count": "wiederholungsanzahl",
}
_ANSWERS = {
    "response_received": "antwort_erhalten",
    "response_date": "antwortdatum",
    "response_content": "antwortinhalt",
    "response_outcome": "antwort_ergebnis",
    "response_notes": "antwort_notizen",
    "follow_up_required": "nachverfolgung_erforderlich",
    "follow_up_notes": "nachverfolgung_notizen",
    "included": "enthalten",
    "discussed": "besprochen",
}
_CALLS = {
    "scheduled_date": "geplantes_datum",
    "scheduled_time": "geplante_zeit",
    "duration_minutes": "dauer_minuten",
    "actual_date": "tatsaechliches_datum",
    "actual_time": "tatsaechliche_zeit",
    "outcome": "ergebnis",
    "notes": "notizen",
    "retry_after": "wiederholen_nach",
}
_PERSONS = {
    "salutation": "anrede",
    "title": "titel",
    "first_name": "vorname",
    "last_name": "nachname",
    "gender": "geschlecht",
    "street": "strasse",
    "postal_code": "plz",
    "city": "ort",
    "phone": "telefon",
    "website": "webseite",
}
_THERAPISTS = {
    "insurance_seat": "kassensitz",
    "phone_hours": "telefonische_erreichbarkeit",
    "languages": "fremdsprachen",
    "therapy_methods": "psychotherapieverfahren",
    "qualifications": "zusatzqualifikationen",
    "special_services": "besondere_leistungsangebote",
    "potentially_available": "potenziell_verfuegbar",
    "potentially_available_notes": "potenziell_verfuegbar_notizen",
    "blocked_reason": "sperrgrund",
    "blocked_on": "sperrdatum",
    "individual_places_from": "freie_einzeltherapieplaetze_ab",
    "group_places_from": "freie_gruppentherapieplaetze_ab",
    "last_email_on": "letzter_kontakt_email",
    "last_call_on": "letzter_kontakt_telefon",
    "last_conversation_on": "letztes_persoenliches_gespraech",
}
_PATIENTS = {
    "birth_date": "geburtsdatum",
    "diagnosis": "diagnose",
    "registered_on": "startdatum",
    "contracts_signed": "vertraege_unterschrieben",
    "consultation_attended": "psychotherapeutische_sprechstunde",
    "first_place_on": "erster_therapieplatz_am",
    "lasting_place_on": "funktionierender_therapieplatz_am",
    "referred_by": "empfehler_der_unterstuetzung",
    "last_contact_on": "letzter_kontakt",
    "availability": "zeitliche_verfuegbarkeit",
    "travel_limit": "raeumliche_verfuegbarkeit",
    "travel_mode": "verkehrsmittel",
    "open_to_group_therapy": "offen_fuer_gruppentherapie",
    "open_to_digital_therapy": "offen_fuer_diga",
    "preferred_therapist_gender": "bevorzugtes_therapeutengeschlecht",
    "excluded_therapists": "ausgeschlossene_therapeuten",
    "general_practitioner": "hausarzt",
    "insurer": "krankenkasse",
    "insurance_number": "krankenversicherungsnummer",
    "inpatient_treatment": "stationaere_behandlung",
    "occupation": "berufliche_situation",
    "family_status": "familienstand",
    "symptoms": "aktuelle_psychische_beschwerden",
    "symptoms_since": "beschwerden_seit",
    "earlier_treatments": "bisherige_behandlungen",
    "physical_illnesses": "relevante_koerperliche_erkrankungen",
    "medication": "aktuelle_medikation",
    "stressors": "aktuelle_belastungsfaktoren",
    "support": "unterstuetzungssysteme",
    "reason_for_search": "anlass_fuer_die_therapiesuche",
    "expectations": "erwartungen_an_die_therapie",
    "goals": "therapieziele",
    "therapy_experience": "psychotherapieerfahrung",
    "earlier_therapies": "fruehere_therapieerfahrungen",
}

GERMAN: Mapping[str, str] = MappingProxyType(_EMAILS | _ANSWERS | _CALLS | _PERSONS | _THERAPISTS | _PATIENTS)
"""English name to German name."""

ENGLISH: Mapping[str, str] = MappingProxyType({german: english for english, german in GERMAN.items()})
"""German name to English name."""


def english(name: str) -> str:
    """The English name of a field that is called *name* in either language."""
    return ENGLISH.get(name, name)


def german(name: str) -> str:
    """The German name of a field that is called *name* in either language."""
    return GERMAN.get(name, name)


def spellings(name: str) -> tuple[str, ...]:
    """Every name of the field that is called *name* in English, English first."""
    return (name, GERMAN[name]) if name in GERMAN else (name,)


def named_twice(names: Iterable[str]) -> Iterator[InvalidValue]:
    """A fault for each field that *names* names more than once, in one language or in both."""
    first: dict[str, str] = {}
    for name in names:
        earlier = first.get(english(name))
        if earlier is None:
            first[english(name)] = name
        else:
            yield InvalidValue(
                name, "stands twice" if earlier == name else f"is named {earlier} as well: one of the two"
            )


def in_english(values: Mapping[str, _T]) -> dict[str, _T]:
    """The same values under their English names.

    Raises:
        InvalidValues: a field is given under both of its names.
    """
    if faults := list(named_twice(values)):
        raise InvalidValues(faults)
    return {english(name): value for name, value in values.items()}
