"""The peer: django-post_office on the same Postgres and to the same mail server, as its documentation sets it up.

It runs in this process, with its own tables in the same database.  Its queue is filled by ``send_many`` and drained by
``send_queued_mail_until_done`` over one kept connection.
"""

from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa


class PostOffice:
    """django-post_office with the same emails in its queue."""

    def __init__(self, url: sa.URL, port: int, mail: list[tuple[str, str, bytes]]) -> None:
        self._url, self._port, self._mail = url, port, mail

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
                "BATCH_SIZE": 1_000,
                "THREADS_PER_PROCESS": 1,
                "DEFAULT_PRIORITY": "medium",
                "LOG_LEVEL": 0,
            },
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
            USE_TZ=True,
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
        """Fill the queue with as many letters of the same length."""
        from post_office import mail  # noqa: PLC0415
        from post_office.models import Email  # noqa: PLC0415

        Email.objects.all().delete()
        letters: list[dict[str, Any]] = [
            {
                "recipients": [recipient],
                "sender": sender,
                "subject": "Anfrage",
                "message": "x" * 2_500,
                "html_message": "<p>" + "y" * (len(message) - 3_500) + "</p>",
            }
            for sender, recipient, message in self._mail
        ]
        mail.send_many(letters)

    def send(self) -> None:
        """Drain it."""
        from post_office.mail import send_queued  # noqa: PLC0415

        sent, failed, _ = send_queued(processes=1, log_level=0)
        assert (sent, failed) == (len(self._mail), 0), (sent, failed)
