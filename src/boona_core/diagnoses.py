"""What does a diagnosis code say in words, and to which group does it belong?

The codes are ICD-10-GM, chapter F (mental and behavioural disorders); the words are short German forms of
the official titles.  A code without words of its own takes those of its parent (``F22.8`` those of ``F22``),
an unknown code has none.
"""

import re

from attrs import frozen

_CODE = re.compile(r"[A-Z]\d{2}(?:\.\d{1,2})?")
_SEPARATOR = re.compile(r"\s*[,;/+|]\s*")
_GROUP = re.compile(r"([A-Z])(\d{1,2}|\d{2}\.\d{1,2})(?:\.?-([A-Z]?\d{2}))?", re.ASCII)
_LONGEST = 200


@frozen
class Diagnosis:
    """One diagnosis.

    Attributes:
        code: As it was written, with its mark of certainty (``F32.1 G``); any text when it is no code.
        words: What the code means; None when it is not known here.
    """

    code: str
    words: str | None


def words_of(code: str) -> str | None:
    """The German words of a code or of its nearest known parent; None when there are none."""
    found = _CODE.match(code.strip().upper())
    if found is None:
        return None
    key = found[0].rstrip(".")
    while len(key) >= 3:
        if words := _WORDS.get(key):
            return words
        key = key[:-1].rstrip(".")
    return None


def read_diagnoses(text: str | None) -> tuple[Diagnosis, ...]:
    """The diagnoses of a field that may hold several, as written; None or an empty text gives none."""
    if not text:
        return ()
    return tuple(Diagnosis(code, words_of(code)) for code in _SEPARATOR.split(text[:_LONGEST].strip()) if code)


@frozen
class DiagnosisGroup:
    """A code with all below it (``F32``, ``F32.1``, ``F3``), or a range of codes (``F30-F39``).

    Attributes:
        first: Without the dot, as in ``F321``.
        last: The last of a range of three-character codes; None: no range.
    """

    first: str
    last: str | None = None

    def holds(self, code: str) -> bool:
        """Whether a code without its dot is one of the group, or lies below one."""
        if self.last is None:
            return code.startswith(self.first)
        return len(code) >= 3 and self.first <= code[:3] <= self.last

    def may_be_meant_by(self, code: str) -> bool:
        """Whether a code without its dot is one of the group, below one, or a coarser name for one (``F32``)."""
        return self.holds(code) or (self.last is None and self.first.startswith(code))


def read_group(text: str) -> DiagnosisGroup | None:
    """The group that *text* names; None when it is no ICD-10 code and no range of them."""
    found = _GROUP.fullmatch(text.strip().upper())
    if found is None:
        return None
    letter, digits, end = found.groups()
    first = letter + digits.replace(".", "")
    if end is None:
        return DiagnosisGroup(first)
    last = end if end[0].isalpha() else letter + end
    return DiagnosisGroup(first, last) if len(first) == 3 and first <= last else None


def codes_of(text: str | None) -> tuple[str, ...]:
    """The codes of a field that may hold several, without dots and marks of certainty; what is no code is left out."""
    written = (_CODE.match(diagnosis.code.strip().upper()) for diagnosis in read_diagnoses(text))
    return tuple(dict.fromkeys(found[0].replace(".", "") for found in written if found))


_WORDS = {
    "F00": "Demenz bei Alzheimer-Krankheit",
    "F01": "Vaskuläre Demenz",
    "F03": "Nicht näher bezeichnete Demenz",
    "F05": "Delir",
    "F06": "Andere psychische Störungen durch Schädigung des Gehirns oder körperliche Krankheit",
    "F06.3": "Organische affektive Störungen",
    "F06.4": "Organische Angststörung",
    "F06.7": "Leichte kognitive Störung",
    "F07": "Persönlichkeits- und Verhaltensstörungen aufgrund einer Krankheit oder Schädigung des Gehirns",
    "F10": "Psychische und Verhaltensstörungen durch Alkohol",
    "F10.1": "Schädlicher Gebrauch von Alkohol",
    "F10.2": "Alkoholabhängigkeitssyndrom",
    "F11": "Psychische und Verhaltensstörungen durch Opioide",
    "F11.2": "Opioidabhängigkeitssyndrom",
    "F12": "Psychische und Verhaltensstörungen durch Cannabinoide",
    "F12.1": "Schädlicher Gebrauch von Cannabinoiden",
    "F12.2": "Cannabisabhängigkeitssyndrom",
    "F13": "Psychische und Verhaltensstörungen durch Sedativa oder Hypnotika",
    "F13.2": "Abhängigkeitssyndrom von Sedativa oder Hypnotika",
    "F14": "Psychische und Verhaltensstörungen durch Kokain",
    "F15": "Psychische und Verhaltensstörungen durch andere Stimulanzien",
    "F17": "Psychische und Verhaltensstörungen durch Tabak",
    "F17.2": "Tabakabhängigkeitssyndrom",
    "F19": "Psychische und Verhaltensstörungen durch multiplen Substanzgebrauch",
    "F20": "Schizophrenie",
    "F20.0": "Paranoide Schizophrenie",
    "F20.5": "Schizophrenes Residuum",
    "F21": "Schizotype Störung",
    "F22": "Anhaltende wahnhafte Störungen",
    "F22.0": "Wahnhafte Störung",
    "F23": "Akute vorübergehende psychotische Störungen",
    "F25": "Schizoaffektive Störungen",
    "F30": "Manische Episode",
    "F30.0": "Hypomanie",
    "F31": "Bipolare affektive Störung",
    "F31.3": "Bipolare affektive Störung, gegenwärtig leichte oder mittelgradige depressive Episode",
    "F31.4": "Bipolare affektive Störung, gegenwärtig schwere depressive Episode ohne psychotische Symptome",
    "F31.7": "Bipolare affektive Störung, gegenwärtig remittiert",
    "F32": "Depressive Episode",
    "F32.0": "Leichte depressive Episode",
    "F32.1": "Mittelgradige depressive Episode",
    "F32.2": "Schwere depressive Episode ohne psychotische Symptome",
    "F32.3": "Schwere depressive Episode mit psychotischen Symptomen",
    "F32.8": "Sonstige depressive Episoden",
    "F32.9": "Depressive Episode, nicht näher bezeichnet",
    "F33": "Rezidivierende depressive Störung",
    "F33.0": "Rezidivierende depressive Störung, gegenwärtig leichte Episode",
    "F33.1": "Rezidivierende depressive Störung, gegenwärtig mittelgradige Episode",
    "F33.2": "Rezidivierende depressive Störung, gegenwärtig schwere Episode ohne psychotische Symptome",
    "F33.3": "Rezidivierende depressive Störung, gegenwärtig schwere Episode mit psychotischen Symptomen",
    "F33.4": "Rezidivierende depressive Störung, gegenwärtig remittiert",
    "F34": "Anhaltende affektive Störungen",
    "F34.0": "Zyklothymia",
    "F34.1": "Dysthymia",
    "F38": "Andere affektive Störungen",
    "F40": "Phobische Störungen",
    "F40.0": "Agoraphobie",
    "F40.00": "Agoraphobie ohne Panikstörung",
    "F40.01": "Agoraphobie mit Panikstörung",
    "F40.1": "Soziale Phobien",
    "F40.2": "Spezifische (isolierte) Phobien",
    "F41": "Andere Angststörungen",
    "F41.0": "Panikstörung",
    "F41.1": "Generalisierte Angststörung",
    "F41.2": "Angst und depressive Störung, gemischt",
    "F41.3": "Andere gemischte Angststörungen",
    "F41.9": "Angststörung, nicht näher bezeichnet",
    "F42": "Zwangsstörung",
    "F42.0": "Vorwiegend Zwangsgedanken oder Grübelzwang",
    "F42.1": "Vorwiegend Zwangshandlungen",
    "F42.2": "Zwangsgedanken und -handlungen, gemischt",
    "F43": "Reaktionen auf schwere Belastungen und Anpassungsstörungen",
    "F43.0": "Akute Belastungsreaktion",
    "F43.1": "Posttraumatische Belastungsstörung",
    "F43.2": "Anpassungsstörungen",
    "F44": "Dissoziative Störungen",
    "F44.0": "Dissoziative Amnesie",
    "F44.5": "Dissoziative Krampfanfälle",
    "F44.81": "Multiple Persönlichkeitsstörung",
    "F45": "Somatoforme Störungen",
    "F45.0": "Somatisierungsstörung",
    "F45.1": "Undifferenzierte Somatisierungsstörung",
    "F45.2": "Hypochondrische Störung",
    "F45.3": "Somatoforme autonome Funktionsstörung",
    "F45.4": "Anhaltende Schmerzstörung",
    "F45.40": "Anhaltende somatoforme Schmerzstörung",
    "F45.41": "Chronische Schmerzstörung mit somatischen und psychischen Faktoren",
    "F48": "Andere neurotische Störungen",
    "F48.0": "Neurasthenie",
    "F48.1": "Depersonalisations- und Derealisationssyndrom",
    "F50": "Essstörungen",
    "F50.0": "Anorexia nervosa",
    "F50.1": "Atypische Anorexia nervosa",
    "F50.2": "Bulimia nervosa",
    "F50.3": "Atypische Bulimia nervosa",
    "F50.9": "Essstörung, nicht näher bezeichnet",
    "F51": "Nichtorganische Schlafstörungen",
    "F51.0": "Nichtorganische Insomnie",
    "F51.5": "Albträume",
    "F52": "Sexuelle Funktionsstörungen",
    "F53": "Psychische oder Verhaltensstörungen im Wochenbett",
    "F54": "Psychologische Faktoren bei andernorts klassifizierten Krankheiten",
    "F55": "Schädlicher Gebrauch von nichtabhängigkeitserzeugenden Substanzen",
    "F60": "Spezifische Persönlichkeitsstörungen",
    "F60.0": "Paranoide Persönlichkeitsstörung",
    "F60.1": "Schizoide Persönlichkeitsstörung",
    "F60.2": "Dissoziale Persönlichkeitsstörung",
    "F60.3": "Emotional instabile Persönlichkeitsstörung",
    "F60.30": "Emotional instabile Persönlichkeitsstörung, impulsiver Typ",
    "F60.31": "Emotional instabile Persönlichkeitsstörung, Borderline-Typ",
    "F60.4": "Histrionische Persönlichkeitsstörung",
    "F60.5": "Anankastische (zwanghafte) Persönlichkeitsstörung",
    "F60.6": "Ängstliche (vermeidende) Persönlichkeitsstörung",
    "F60.7": "Abhängige (asthenische) Persönlichkeitsstörung",
    "F60.8": "Sonstige spezifische Persönlichkeitsstörungen",
    "F61": "Kombinierte und andere Persönlichkeitsstörungen",
    "F62": "Andauernde Persönlichkeitsänderungen",
    "F62.0": "Andauernde Persönlichkeitsänderung nach Extrembelastung",
    "F63": "Abnorme Gewohnheiten und Störungen der Impulskontrolle",
    "F63.0": "Pathologisches Spielen",
    "F63.3": "Trichotillomanie",
    "F64": "Störungen der Geschlechtsidentität",
    "F64.0": "Transsexualismus",
    "F68": "Andere Persönlichkeits- und Verhaltensstörungen",
    "F70": "Leichte Intelligenzminderung",
    "F81": "Umschriebene Entwicklungsstörungen schulischer Fertigkeiten",
    "F81.0": "Lese- und Rechtschreibstörung",
    "F84": "Tief greifende Entwicklungsstörungen",
    "F84.0": "Frühkindlicher Autismus",
    "F84.1": "Atypischer Autismus",
    "F84.5": "Asperger-Syndrom",
    "F90": "Hyperkinetische Störungen",
    "F90.0": "Einfache Aktivitäts- und Aufmerksamkeitsstörung",
    "F90.1": "Hyperkinetische Störung des Sozialverhaltens",
    "F91": "Störungen des Sozialverhaltens",
    "F92": "Kombinierte Störung des Sozialverhaltens und der Emotionen",
    "F93": "Emotionale Störungen des Kindesalters",
    "F93.0": "Emotionale Störung mit Trennungsangst des Kindesalters",
    "F94": "Störungen sozialer Funktionen mit Beginn in der Kindheit und Jugend",
    "F94.0": "Elektiver Mutismus",
    "F95": "Ticstörungen",
    "F95.2": "Tourette-Syndrom",
    "F98": "Andere Verhaltens- und emotionale Störungen mit Beginn in der Kindheit und Jugend",
    "F98.8": "Sonstige Verhaltens- und emotionale Störungen mit Beginn in der Kindheit und Jugend",
    "F99": "Psychische Störung ohne nähere Angabe",
}
