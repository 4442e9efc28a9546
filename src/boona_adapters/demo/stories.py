"""What do the invented patients suffer from?  Stories in German, as an agency's intake would write them down.

They are made up.  Each fits its diagnoses, and none fits anybody.
"""

from attrs import frozen


@frozen(kw_only=True)
class Story:
    """A kind of suffering.

    Attributes:
        codes: ICD-10 codes; one of them is the diagnosis.
        weight: How often it occurs.
        symptoms: One or two of them are told.
        reasons: Why the search began now.
        goals: What shall be different.
        medication: What may be taken; empty: nothing.
    """

    codes: tuple[str, ...]
    weight: int
    symptoms: tuple[str, ...]
    reasons: tuple[str, ...]
    goals: tuple[str, ...]
    medication: tuple[str, ...] = ()


STORIES = (
    Story(
        codes=("F32.0", "F32.1", "F32.1", "F33.0", "F33.1", "F33.1"),
        weight=30,
        symptoms=(
            "Gedrückte Stimmung an den meisten Tagen, Antriebslosigkeit und frühes Erwachen.",
            "Rückzug von Freunden und Familie, kaum noch Freude an früheren Interessen.",
            "Anhaltende Erschöpfung, Konzentrationsprobleme bei der Arbeit, viel Grübeln am Abend.",
            "Selbstvorwürfe und das Gefühl, anderen zur Last zu fallen; Appetitverlust.",
        ),
        reasons=("Krankschreibung seit einigen Wochen", "Empfehlung aus der psychotherapeutischen Sprechstunde"),
        goals=("Wieder einen geregelten Alltag finden", "Mit Rückschlägen umgehen lernen, ohne in Grübeln zu geraten"),
        medication=("Sertralin 50 mg", "Escitalopram 10 mg", "Mirtazapin 15 mg zur Nacht"),
    ),
    Story(
        codes=("F41.1", "F41.1", "F41.2"),
        weight=16,
        symptoms=(
            "Ständige Sorgen um Gesundheit und Familie, innere Unruhe und Muskelverspannungen.",
            "Schwierigkeiten abzuschalten, Einschlafprobleme, Reizbarkeit.",
            "Anhaltende Anspannung mit Magenbeschwerden, häufiges Rückversichern bei Angehörigen.",
        ),
        reasons=("Zunahme der Sorgen nach einem Arbeitsplatzwechsel", "Hausärztliche Empfehlung"),
        goals=("Sorgen einordnen und loslassen können", "Wieder durchschlafen"),
        medication=("Escitalopram 10 mg", "Pregabalin 75 mg"),
    ),
    Story(
        codes=("F41.0", "F40.01", "F40.01"),
        weight=12,
        symptoms=(
            "Plötzliche Angstanfälle mit Herzrasen und Schwindel, seither Vermeidung von Bus und Bahn.",
            "Panik in vollen Räumen, Einkaufen nur noch in Begleitung.",
            "Angst vor der nächsten Panikattacke, mehrfach in der Notaufnahme ohne organischen Befund.",
        ),
        reasons=("Arbeitsweg kaum noch zu bewältigen", "Wunsch, wieder allein reisen zu können"),
        goals=("Bus und Bahn wieder ohne Begleitung nutzen", "Körperliche Anzeichen der Angst verstehen"),
    ),
    Story(
        codes=("F40.1",),
        weight=7,
        symptoms=(
            "Starke Angst vor Bewertung, Vermeidung von Besprechungen und Feiern.",
            "Erröten und Zittern in Gruppen, Rückzug im Kollegenkreis.",
        ),
        reasons=("Anstehende Vorstellungsgespräche",),
        goals=("Vor einer Gruppe sprechen können", "Freundschaften aufbauen"),
    ),
    Story(
        codes=("F43.1", "F43.1", "F62.0"),
        weight=9,
        symptoms=(
            "Wiederkehrende Bilder nach einem schweren Verkehrsunfall, Schreckhaftigkeit, Albträume.",
            "Vermeidung bestimmter Orte, Schlafstörungen, das Gefühl ständiger Wachsamkeit.",
            "Belastende Erinnerungen nach erlebter Gewalt, Gefühl der Entfremdung von anderen.",
        ),
        reasons=("Stabilisierung nach einem Klinikaufenthalt", "Empfehlung der Traumaambulanz"),
        goals=("Sich im Alltag wieder sicher fühlen", "Das Erlebte verarbeiten"),
        medication=("Sertralin 100 mg",),
    ),
    Story(
        codes=("F43.2",),
        weight=14,
        symptoms=(
            "Niedergeschlagenheit und Anspannung seit einer Trennung, häufiges Weinen.",
            "Überforderung nach dem Tod eines Elternteils, Schlafprobleme und Gereiztheit.",
            "Erschöpfung nach langer Pflege eines Angehörigen.",
        ),
        reasons=("Trennung nach langer Beziehung", "Todesfall in der Familie", "Verlust des Arbeitsplatzes"),
        goals=("Den Verlust verarbeiten", "Neue Perspektiven entwickeln"),
    ),
    Story(
        codes=("F42.0", "F42.1", "F42.2"),
        weight=6,
        symptoms=(
            "Kontrollzwänge an Herd und Türen, täglich mehr als zwei Stunden.",
            "Waschzwang mit Hautschäden an den Händen, aufdringliche Gedanken.",
        ),
        reasons=("Zunahme der Zwänge nach der Geburt eines Kindes", "Belastung der Partnerschaft"),
        goals=("Die Wohnung ohne Kontrollgänge verlassen können",),
        medication=("Fluoxetin 40 mg",),
    ),
    Story(
        codes=("F45.41", "F45.0", "F45.3"),
        weight=7,
        symptoms=(
            "Chronische Rückenschmerzen ohne ausreichenden Befund, viele Arztbesuche.",
            "Wechselnde Körperbeschwerden, Sorge vor einer unerkannten Krankheit.",
        ),
        reasons=("Empfehlung der Schmerzambulanz",),
        goals=("Trotz der Schmerzen wieder aktiv sein", "Zusammenhänge von Stress und Schmerz verstehen"),
        medication=("Duloxetin 60 mg", "Amitriptylin 25 mg"),
    ),
    Story(
        codes=("F50.0", "F50.2", "F50.9"),
        weight=5,
        symptoms=(
            "Essanfälle mit anschließendem Erbrechen mehrmals in der Woche, starke Scham.",
            "Strenge Diäten, ständiges Gedankenkreisen um Gewicht und Essen.",
        ),
        reasons=("Wunsch nach ambulanter Weiterbehandlung nach der Tagesklinik",),
        goals=("Regelmäßig essen", "Ein freundlicherer Blick auf den eigenen Körper"),
    ),
    Story(
        codes=("F60.31", "F60.6", "F61"),
        weight=7,
        symptoms=(
            "Starke Stimmungswechsel und Anspannungszustände, Konflikte in Beziehungen.",
            "Angst, verlassen zu werden, Gefühl innerer Leere, frühere Selbstverletzungen.",
            "Ausgeprägte Unsicherheit, Angst vor Kritik, Vermeidung von Nähe.",
        ),
        reasons=("Ambulante Weiterbehandlung nach einem stationären Aufenthalt",),
        goals=("Gefühle besser steuern können", "Stabile Beziehungen führen"),
        medication=("Quetiapin 50 mg",),
    ),
    Story(
        codes=("F90.0", "F98.8"),
        weight=6,
        symptoms=(
            "Konzentrationsprobleme seit der Kindheit, Aufschieben, innere Unruhe.",
            "Vergesslichkeit und Chaos bei der Organisation des Alltags, schnelle Überforderung.",
        ),
        reasons=("ADHS-Diagnose im Erwachsenenalter",),
        goals=("Den Alltag strukturieren", "Weniger Selbstabwertung"),
        medication=("Methylphenidat 30 mg",),
    ),
    Story(
        codes=("F34.1", "F48.0", "F51.0"),
        weight=8,
        symptoms=(
            "Seit Jahren anhaltend gedrückte Stimmung, wenig Selbstvertrauen.",
            "Rasche Erschöpfbarkeit, Ein- und Durchschlafstörungen, Reizbarkeit.",
        ),
        reasons=("Wiederholt längere Krankschreibungen",),
        goals=("Eigene Grenzen früher bemerken", "Erholsamer schlafen"),
    ),
)

STRESSORS = (
    "Hohe Arbeitsbelastung", "Pflege eines Elternteils", "Alleinerziehend mit zwei Kindern", "Finanzielle Sorgen",
    "Prüfungsphase im Studium", "Konflikte am Arbeitsplatz", "Trennung vor einem halben Jahr", "Schichtarbeit",
)  # fmt: skip
SUPPORT = (
    "Partnerschaft und enge Freunde", "Familie in der Nähe", "Selbsthilfegruppe", "Eine gute Freundin", "Sportverein",
    "Sozialpsychiatrischer Dienst",
)  # fmt: skip
EXPECTATIONS = (
    "Verhaltenstherapie bevorzugt", "Tiefenpsychologisch fundierte Therapie bevorzugt", "Offen für jedes Verfahren",
    "Feste Termine, möglichst nach der Arbeit", "Konkrete Übungen für den Alltag",
    "Raum, um Erlebtes in Ruhe zu besprechen", "Erfahrung mit Traumafolgen wäre hilfreich",
    "Termine auch per Video vorstellbar", "Barrierefreier Zugang zur Praxis",
)  # fmt: skip
EARLIER_TREATMENTS = (
    "Acht Wochen Tagesklinik", "Stationäre psychosomatische Rehabilitation", "Sechs Wochen Akutklinik",
    "Gespräche in einer Beratungsstelle", "Behandlung in der psychiatrischen Ambulanz",
)  # fmt: skip
EARLIER_THERAPIES = (
    "Kurzzeittherapie (24 Stunden) vor etwa fünf Jahren", "Verhaltenstherapie vor zehn Jahren, gut geholfen",
    "Tiefenpsychologisch fundierte Therapie, wegen Umzugs beendet", "Vier probatorische Sitzungen, kein freier Platz",
)  # fmt: skip
OCCUPATIONS = (
    "Vollzeit angestellt", "Teilzeit angestellt", "Studium", "Ausbildung", "Selbstständig", "Arbeitssuchend",
    "In Elternzeit", "Krankgeschrieben", "Altersrente", "Im öffentlichen Dienst",
)  # fmt: skip
FAMILY = ("ledig", "in Partnerschaft", "verheiratet", "geschieden", "getrennt lebend", "verwitwet")
REFERRALS = ("Hausarztpraxis", "Sprechstunde", "Terminservicestelle 116117", "Krankenkasse", "Klinik", "Internet")
