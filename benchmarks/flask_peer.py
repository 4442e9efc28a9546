"""What most would write: Flask under gunicorn with threads, and the ORM; the same query and the same JSON."""

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, abort, jsonify, request
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship, selectinload, sessionmaker

from boona_adapters.postgres.tables import email_batches, emails
from boona_core.usecases.tokens import digest_of


class Base(DeclarativeBase):
    """The ORM's own root."""


class EmailBatch(Base):
    """A batch row."""

    __table__ = email_batches


class Email(Base):
    """An email with its batch rows."""

    __table__ = emails
    batches: Mapped[list[EmailBatch]] = relationship(
        EmailBatch, order_by=email_batches.c.priority.desc(), viewonly=True
    )


_SHOWN = (
    *("id", "therapist_id", "status", "template", "subject", "body_html", "body_text", "recipient_email"),
    *("recipient_name", "sender_email", "sender_name", "batch_id", "body_provided", "error_message", "retry_count"),
    *("overridden", "override_reason", "response_received", "response_content", "follow_up_required"),
    "follow_up_notes",
)
_INSTANTS = ("queued_at", "sent_at", "bounced_at", "response_date")
_ROW = ("id", "email_id", "placement_request_id", "priority", "included", "response_outcome", "response_notes")


def create_app() -> Flask:
    """The application; a request needs the token whose secret the environment names."""
    app = Flask(__name__)
    engine = sa.create_engine(os.environ["PEER_DATABASE_URL"], pool_size=8, max_overflow=0)
    sessions: sessionmaker[Session] = sessionmaker(engine)
    digest = digest_of(os.environ["PEER_TOKEN"])

    def show(number: int) -> Any:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or digest_of(secret) != digest:
            abort(401)
        with sessions() as session:
            email = session.get(Email, number, options=[selectinload(Email.batches)])
            if email is None:
                return abort(404)
            told = {name: getattr(email, name) for name in _SHOWN}
            for name in _INSTANTS:
                value = getattr(email, name)
                told[name] = None if value is None else value.isoformat()
            told["batches"] = [{name: getattr(row, name) for name in _ROW} for row in email.batches]
        return jsonify(told)

    app.add_url_rule("/api/emails/<int:number>", view_func=show)
    return app
