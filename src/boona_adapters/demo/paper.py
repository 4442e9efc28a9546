"""Who writes in the demo?  An invented agency that sends to the local mailbox only."""

from boona_adapters.settings import AgencySettings, Environment, SenderSettings, Settings, SmtpSettings, Tls

AGENCY_PHONE = "030 23125 000"
"""Kept for films, like the numbers of the invented therapists, and given to none of them."""


def demo_settings(*, mail_port: int) -> Settings:
    """The settings of the invented agency, whatever the environment says; a mail server listens on *mail_port*."""
    return Settings(
        environment=Environment.DEVELOPMENT,
        smtp=SmtpSettings(host="127.0.0.1", port=mail_port, tls=Tls.NONE),
        sender=SenderSettings(email="anfragen@vermittlung-lindenhof.example", name="Jana Beispiel"),
        agency=AgencySettings(
            name="Vermittlung Lindenhof",
            address="Musterstraße 12, 10115 Berlin",
            phone=AGENCY_PHONE,
            imprint_url="https://vermittlung-lindenhof.example/impressum",
        ),
    )
