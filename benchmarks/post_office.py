"""The peer: django-post_office on the same Postgres and to the same mail server, as its documentation sets it up.

It runs in this process, with its own tables in the same database.  Its queue is filled by ``send_many`` with the same
texts, addresses and headers, and drained by ``send_queued``.  What differs from its defaults is in its favour: one
batch instead of ten, and so one connection that is kept to the end, and Django's connection to the database is kept
too. ``THREADS_PER_PROCESS`` is 1 because one connection is what is measured.  ``LOG_LEVEL`` is the documented default,
2: a row for each email, like the event that Boona stores for each.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from boona_core.emails import Email


class PostOffice:
    """django-post_office with the same emails in its queue."""

    def __init__(self, url: sa.URL, port: int, emails: Sequence[Email]) -> None:
        self._url, self._port, self._emails = url, port, emails

    def __enter__(self) -> Self:
        import django  # noqa: PLC0415 - configured before anything of it is imported
        from django.conf import settings  # noqa: PLC0415

        settings.configure(
            DATABASES={
                "default": {
                    "ENGINE": "django.db.backends.postgresql",
                    "NAME": self._url.database,
                    "USER": self._url.username,
                    "PASSWORD": self._url.password,
                    "HOST": self._url.host,
                    "PORT": self._url.port,
                    "CONN_MAX_AGE": None,
                }
            },
            INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
            EMAIL_BACKEND="post_office.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=self._port,
            POST_OFFICE={
                "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
                "BATCH_SIZE": len(self._emails),
                "THREADS_PER_PROCESS": 1,
            },
            TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
            USE_TZ=True,
            LOGGING={
                "version": 1,
                "handlers": {"nowhere": {"class": "logging.NullHandler"}},
                "loggers": {"post_office": {"handlers": ["nowhere"], "propagate": False}},
            },
        )
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()

    def queue(self) -> None:
        """Fill the queue with the same emails."""
        from django.db import connection  # noqa: PLC0415
        from post_office import mail  # noqa: PLC0415
        from post_office.models import Email as Row  # noqa: PLC0415

        Row.objects.all().delete()
        letters: list[dict[str, Any]] = [
            {
                "recipients": [email.recipient_email],
                "sender": f"{email.sender_name} <{email.sender_email}>",
                "subject": email.subject,
                "message": email.body_text,
                "html_message": email.body_html,
                "headers": {
                    "Message-ID": email.message_id,
                    "List-Unsubscribe": f"<mailto:{email.sender_email}?subject=unsubscribe>",
                },
            }
            for email in self._emails
        ]
        mail.send_many(letters)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def send(self) -> None:
        """Drain it."""
        from post_office.mail import send_queued  # noqa: PLC0415

        sent, failed, _ = send_queued(processes=1)
        assert (sent, failed) == (len(self._emails), 0), (sent, failed)
