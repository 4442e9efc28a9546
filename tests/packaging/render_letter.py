"""A program for an environment without the checkout: render one letter and print its text."""

from boona_adapters.letters import JinjaLetters
from boona_core.letters import Addressee, Agency, LetterPatient, LetterRequest, Sender, Template

letter = JinjaLetters().compose(
    LetterRequest(
        template=Template.INITIAL_CONTACT,
        addressee=Addressee(title="Dr.", last_name="Ährenfeld"),
        agency=Agency(name="Vermittlung Beispiel", address="Musterweg 1, 10115 Berlin"),
        sender=Sender(email="anfragen@boona.example", name="Vermittlung Beispiel"),
        patients=(LetterPatient(number=1, age=34),),
    )
)

assert "<html" in letter.body_html
print(letter.subject, letter.body_text, sep="\n")  # noqa: T201 - its answer
