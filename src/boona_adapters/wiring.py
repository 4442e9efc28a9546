"""What stands behind each port in this installation?

The one place that knows everything; nobody but the command line knows it.  Nothing is opened when this module is
imported, and connections are made when they are first used.
"""

import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import uuid4

import sqlalchemy as sa
from attrs import evolve, field, frozen

from boona_adapters import smtp
from boona_adapters.addresses import mailbox_of
from boona_adapters.call_scripts import JinjaCallScripts
from boona_adapters.database_privacy import LeakyDatabase, leaks_of
from boona_adapters.envelopes import MimeEnvelopes
from boona_adapters.faults import Checkpoint, checkpoint_of, unwatched
from boona_adapters.holidays import german_holidays
from boona_adapters.letters import JinjaLetters
from boona_adapters.outside import outside_mark, redis_client
from boona_adapters.postgres import migrating
from boona_adapters.postgres.api import OpenPostgresApiUnit
from boona_adapters.postgres.connection import Timeouts
from boona_adapters.postgres.engine import create_engine
from boona_adapters.postgres.migrating import Standing
from boona_adapters.redirect import RedirectedServer
from boona_adapters.settings import FAULTS_VARIABLE, WHOLE_APPLICATION, BadSettings, Bus, Need, Settings, missing_in
from boona_adapters.workers.looks import LookName
from boona_adapters.workers.ringing import Bell, Ringer, ringing_units
from boona_core.api_ports import OpenApiUnit
from boona_core.application import Application, Applications
from boona_core.delivery import MailServer
from boona_core.errors import BoonaError
from boona_core.geocoding import GeocodingPolicy, Service
from boona_core.geocoding_ports import Geocoder, Router
from boona_core.importing import ImportKind
from boona_core.letters import Agency, Sender
from boona_core.usecases.answering import RecordAnswer
from boona_core.usecases.arranging import ArrangeEmail
from boona_core.usecases.asking_in_turn import AskInTurn
from boona_core.usecases.calling import Switchboard
from boona_core.usecases.changing_calls import CancelCall, FailCall, MoveCall, ScheduleCall, SettleExhausted
from boona_core.usecases.completing_calls import CompleteCall
from boona_core.usecases.composing import Stationery
from boona_core.usecases.confirming import ReleaseConfirmation
from boona_core.usecases.deciding import CancelEmail, QueueEmail, ReleaseRequest, SettleEmail
from boona_core.usecases.displacing import UndoPlacement
from boona_core.usecases.explaining import ExplainContact
from boona_core.usecases.finding import FindAnswers, FindEmails
from boona_core.usecases.holding import WatchHighWater
from boona_core.usecases.importing import ImportFile
from boona_core.usecases.importing_postal_codes import ImportPostalCodes
from boona_core.usecases.keeping_callers import CloseDays, KeepCallers, ReplanDay
from boona_core.usecases.listing_calls import ListCalls
from boona_core.usecases.listing_slots import ListSlots
from boona_core.usecases.locating import LocatePeople
from boona_core.usecases.matching import FindMatches
from boona_core.usecases.merging import FindDuplicates, MergeTherapists
from boona_core.usecases.moving_people import MovePeople
from boona_core.usecases.offering import OfferMatches
from boona_core.usecases.outcomes import RecordOutcomes
from boona_core.usecases.people import KeepPerson
from boona_core.usecases.planning import PlanEmails
from boona_core.usecases.planning_calls import PlanCalls
from boona_core.usecases.requesting import KeepRequest
from boona_core.usecases.routing import FindRoutes
from boona_core.usecases.sending import DrainQueue
from boona_core.usecases.showing import ShowRecords
from boona_core.usecases.surveying import AskSoon, SurveyMaps
from boona_core.usecases.tokens import KeepTokens
from boona_core.usecases.undoing_imports import UndoImport
from boona_core.usecases.writing import RewriteEmail, WriteEmail

_DEFAULT_TIMEOUTS = Timeouts()
_RING_SECONDS = 0.5


class NotInstalled(BoonaError):
    """A setting asks for a library that is not there."""


class NotMigrated(BoonaError):
    """The database is not at the revision that this version of Boona works with.

    Attributes:
        standing: Where it stands.
    """

    def __init__(self, standing: Standing) -> None:
        what = "has no tables yet" if standing is Standing.EMPTY else "is at an older revision"
        super().__init__(f"the database {what}: run `boona db upgrade`")
        self.standing = standing


@frozen(kw_only=True)
class Wired:
    """The application on this installation's database and mail server; closes its connections when left.

    Attributes:
        applications: Makes the use cases on units that somebody joins.
        open_unit: Opens units on the same connections.
        engine: The connections themselves, for what is not a use case.
        high_water: Tells whether the database was restored; None: nothing is kept outside of it.
        ringer: Tells workers what became due; None: no Redis is named, or the workers live in this process.
    """

    settings: Settings
    application: Application
    applications: Applications
    open_unit: OpenApiUnit
    engine: sa.Engine = field(repr=False)
    high_water: WatchHighWater | None = None
    ringer: Ringer | None = None

    def send_soon(self) -> None:
        """Tell workers that emails may leave, where no change of an email says so."""
        if self.ringer is not None:
            self.ringer.tell({LookName.SEND})

    def close(self) -> None:
        """Tell workers what they were not told yet, and close every connection; doing it twice is harmless."""
        if self.ringer is not None:
            self.ringer.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def build(
    settings: Settings,
    *,
    connections: int = 2,
    timeouts: Timeouts = _DEFAULT_TIMEOUTS,
    rings: bool = False,
    environ: Mapping[str, str] = os.environ,
    checkpoint: Checkpoint | None = None,
) -> Wired:
    """The application as *settings* tell.

    Args:
        connections: How many units are open at the same time at most.
        timeouts: How long a statement may take.
        rings: Workers in other processes are told at once what a change made due, where a Redis is named.
        environ: Tells the named fault points of tests, nothing else.
        checkpoint: Told the points instead.

    Raises:
        BadSettings: something that the application needs is missing.
        InvalidValue: the certificates of the mail server's authority cannot be read.
        LeakyDatabase: in production, the database's log would take patient data.
        NotMigrated: the database is not at the newest revision.
        StoreUnavailable: the database cannot be reached.
    """
    require(settings, WHOLE_APPLICATION)
    checked(settings)
    checkpoint = checkpoint or checkpoint_of(environ.get(FAULTS_VARIABLE, ""))
    engine = database(settings, connections=connections)
    open_unit: OpenApiUnit = OpenPostgresApiUnit(engine, timeouts, checkpoint)
    ringer = ringer_of(settings, checkpoint=checkpoint) if rings else None
    if ringer is not None:
        open_unit = ringing_units(open_unit, ringer, relayed=settings.events.bus is not Bus.NONE)
    high_water = watch_high_water(settings, open_unit)
    make = applications(settings, mail_server(settings), high_water=high_water, checkpoint=checkpoint)
    return Wired(
        settings=settings,
        application=make(open_unit),
        applications=make,
        open_unit=open_unit,
        engine=engine,
        high_water=high_water,
        ringer=ringer,
    )


def application(
    settings: Settings,
    open_unit: OpenApiUnit,
    server: MailServer,
    *,
    high_water: WatchHighWater | None = None,
    checkpoint: Checkpoint = unwatched,
) -> Application:
    """The use cases on a store and a mail server, under the policy of *settings*."""
    return applications(settings, server, high_water=high_water, checkpoint=checkpoint)(open_unit)


def applications(
    settings: Settings,
    server: MailServer,
    *,
    high_water: WatchHighWater | None = None,
    checkpoint: Checkpoint = unwatched,
) -> Applications:
    """What makes the use cases on any units; paper and pens are made once."""
    stationery = stationery_of(settings)
    policy, zone = settings.policy, settings.zone
    board = Switchboard(policy=policy, zone=zone, holidays=german_holidays)
    record = RecordOutcomes(stationery=stationery, switchboard=board)
    scripts = JinjaCallScripts()
    geocoder, router = _maps(settings)
    geocoding = GeocodingPolicy(
        keep_days=settings.geocoding.keep_days, keep_unknown_days=settings.geocoding.keep_unknown_days
    )

    def make(open_unit: OpenApiUnit) -> Application:
        queue_email = QueueEmail(open_unit=open_unit, stationery=stationery, policy=policy, zone=zone)
        plan_calls = PlanCalls(open_unit=open_unit, switchboard=board, checkpoint=checkpoint)
        return Application(
            import_file=ImportFile(open_unit=open_unit, stationery=stationery, switchboard=board),
            undo_import=UndoImport(
                open_unit=open_unit, stationery=stationery, switchboard=board, mailbox_of=mailbox_of
            ),
            import_postal_codes=ImportPostalCodes(open_unit=open_unit),
            find_matches=FindMatches(open_unit=open_unit, policy=settings.matching, zone=zone),
            offer_matches=OfferMatches(open_unit=open_unit, policy=settings.matching, zone=zone),
            locate_people=None
            if geocoder is None
            else LocatePeople(
                open_unit=open_unit,
                geocoder=geocoder,
                ask_in_turn=_in_turn(open_unit, Service.NOMINATIM),
                policy=geocoding,
            ),
            find_routes=None
            if router is None
            else FindRoutes(
                open_unit=open_unit,
                router=router,
                ask_in_turn=_in_turn(open_unit, Service.OSRM),
                policy=geocoding,
                matching=settings.matching,
                zone=zone,
            ),
            survey_maps=SurveyMaps(
                open_unit=open_unit,
                can_locate=geocoder is not None,
                modes=frozenset() if router is None else frozenset(router.modes),
            ),
            ask_soon=AskSoon(
                open_unit=open_unit, can_ask=settings.geocoding.is_on, expression=settings.schedule.geocode
            ),
            find_duplicates=FindDuplicates(open_unit=open_unit),
            merge_therapists=MergeTherapists(open_unit=open_unit, stationery=stationery, switchboard=board),
            move_people=MovePeople(open_unit=open_unit, stationery=stationery, switchboard=board),
            plan_emails=PlanEmails(
                open_unit=open_unit,
                stationery=stationery,
                policy=policy,
                zone=zone,
                holidays=german_holidays,
                new_batch_id=new_batch_id,
                approval=settings.approval,
                checkpoint=checkpoint,
            ),
            drain_queue=DrainQueue(
                open_unit=open_unit,
                server=server,
                stationery=stationery,
                contact=policy,
                sending=settings.sending,
                zone=zone,
                new_token=uuid4,
                jitter=random.random,
                elapsed=time.monotonic,
                sleep=time.sleep,
                high_water=high_water,
                checkpoint=checkpoint,
            ),
            queue_email=queue_email,
            settle_email=SettleEmail(open_unit=open_unit, queue_email=queue_email, policy=policy),
            cancel_email=CancelEmail(open_unit=open_unit),
            release_request=ReleaseRequest(open_unit=open_unit, stationery=stationery, zone=zone),
            explain_contact=ExplainContact(open_unit=open_unit, switchboard=board),
            find_emails=FindEmails(open_unit=open_unit),
            plan_calls=plan_calls,
            follow_up=evolve(plan_calls, only_silent=True),
            list_calls=ListCalls(open_unit=open_unit, switchboard=board, scripts=scripts, agency=stationery.agency),
            schedule_call=ScheduleCall(open_unit=open_unit, switchboard=board),
            move_call=MoveCall(open_unit=open_unit, switchboard=board),
            cancel_call=CancelCall(open_unit=open_unit),
            complete_call=CompleteCall(open_unit=open_unit, record=record),
            fail_call=FailCall(open_unit=open_unit, switchboard=board),
            settle_exhausted=SettleExhausted(open_unit=open_unit),
            replan_day=ReplanDay(open_unit=open_unit, switchboard=board),
            keep_callers=KeepCallers(open_unit=open_unit, switchboard=board),
            close_days=CloseDays(open_unit=open_unit, switchboard=board),
            record_answer=RecordAnswer(open_unit=open_unit, record=record),
            undo_placement=UndoPlacement(open_unit=open_unit),
            release_confirmation=ReleaseConfirmation(
                open_unit=open_unit, stationery=stationery, policy=policy, zone=zone
            ),
            find_answers=FindAnswers(open_unit=open_unit),
            list_slots=ListSlots(open_unit=open_unit, switchboard=board),
            show=ShowRecords(open_unit=open_unit),
            keep_therapist=KeepPerson(
                open_unit=open_unit, kind=ImportKind.THERAPISTS, stationery=stationery, switchboard=board
            ),
            keep_patient=KeepPerson(
                open_unit=open_unit, kind=ImportKind.PATIENTS, stationery=stationery, switchboard=board
            ),
            keep_request=KeepRequest(open_unit=open_unit, stationery=stationery, zone=zone),
            write_email=WriteEmail(open_unit=open_unit, stationery=stationery, policy=policy, zone=zone),
            rewrite_email=RewriteEmail(open_unit=open_unit, stationery=stationery),
            arrange_email=ArrangeEmail(open_unit=open_unit, stationery=stationery, policy=policy, zone=zone),
            keep_tokens=tokens(open_unit),
        )

    return make


def tokens(open_unit: OpenApiUnit) -> KeepTokens:
    """Who is let in; this needs a database and nothing else."""
    return KeepTokens(open_unit=open_unit, new_secret=lambda: secrets.token_urlsafe(32))


@contextmanager
def opened_tokens(settings: Settings) -> Iterator[KeepTokens]:
    """Who is let in, on the database that *settings* name, for as long as the block lasts.

    Raises:
        BoonaError: the database is not there, or not at the newest revision.
    """
    checked(settings)
    engine = database(settings)
    try:
        yield tokens(OpenPostgresApiUnit(engine))
    finally:
        engine.dispose()


def _maps(settings: Settings) -> tuple[Geocoder | None, Router | None]:
    """Who may be asked where addresses are, and how long ways; None: nobody.

    Raises:
        NotInstalled: somebody is named, and what speaks HTTP is not there.
    """
    if not settings.geocoding.is_on:
        return None, None
    try:
        from boona_adapters.geocoding import told  # noqa: PLC0415 - an extra that few installations have
    except ModuleNotFoundError:
        raise NotInstalled("BOONA_GEOCODING__… asks for httpx: install boona[geocoding]") from None
    return told.geocoder(settings.geocoding), told.router(settings.geocoding)


def _in_turn(open_unit: OpenApiUnit, service: Service) -> AskInTurn:
    return AskInTurn(open_unit=open_unit, service=service, new_token=uuid4, elapsed=time.monotonic, sleep=time.sleep)


def watch_high_water(settings: Settings, open_unit: OpenApiUnit) -> WatchHighWater | None:
    """What tells a restored database; None: there is no place outside of it."""
    outside = outside_mark(settings)
    return None if outside is None else WatchHighWater(open_unit=open_unit, outside=outside)


def ringer_of(settings: Settings, *, checkpoint: Checkpoint = unwatched) -> Ringer | None:
    """What tells workers that something is due; None: no Redis is named."""
    if settings.redis_url is None:
        return None

    def open_bell() -> Bell:
        from boona_adapters.workers.doorbell import bell_of  # noqa: PLC0415 - most commands make nothing due

        return bell_of(redis_client(settings, patience=_RING_SECONDS), checkpoint=checkpoint)

    return Ringer(open_bell=open_bell)


def stationery_of(settings: Settings) -> Stationery:
    """The agency's paper: its head, its sender, and who writes and seals.

    Raises:
        BadSettings: letterhead or sender are missing.
    """
    require(settings, {Need.LETTERS})
    agency, sender = settings.agency, settings.sender
    return Stationery(
        letters=JinjaLetters(),
        envelopes=MimeEnvelopes(),
        agency=Agency(
            name=agency.name or "", address=agency.address or "", phone=agency.phone, imprint_url=agency.imprint_url
        ),
        sender=Sender(email=sender.email or "", name=sender.name or ""),
        letter_detail=settings.letter_detail,
    )


def mail_server(settings: Settings) -> MailServer:
    """The way out: straight to the recipients, or all of it to one address.

    Raises:
        BadSettings: no mail server is named.
        InvalidValue: the certificates of its authority cannot be read.
    """
    server = smtp_server(settings)
    redirect_to = settings.smtp.redirect_to
    return server if redirect_to is None else RedirectedServer(server, redirect_to)


def smtp_server(settings: Settings) -> smtp.SmtpServer:
    """The mail server that is named, redirected or not."""
    require(settings, {Need.MAIL})
    told = settings.smtp
    return smtp.SmtpServer(
        host=told.host or "",
        port=told.port or 0,
        tls=smtp.Tls(told.tls or smtp.Tls.STARTTLS),
        username=told.username,
        password=smtp.Secret(told.password.get_secret_value()) if told.password else None,
        ca_file=told.ca_file,
        conversation_timeout=told.conversation_timeout,
        answer_timeout=told.answer_timeout,
        messages_per_connection=told.messages_per_connection,
    )


def database(settings: Settings, *, connections: int = 1) -> sa.Engine:
    """The connections to the database; none is made before it is used.

    Raises:
        BadSettings: no database is named.
    """
    return create_engine(database_url(settings), connections=connections)


def database_url(settings: Settings) -> str:
    """The database's URL, password included.

    Raises:
        BadSettings: none is named.
    """
    require(settings, {Need.DATABASE})
    return settings.database_url.get_secret_value() if settings.database_url else ""


def checked(settings: Settings) -> None:
    """Make sure that this version of Boona may work on the database; a newer version's is as good, while it is wider.

    Raises:
        LeakyDatabase: in production, its log would take patient data.
        NotMigrated: it is not at the newest revision.
        StoreUnavailable: it cannot be reached.
    """
    try:
        standing = check(settings)
    except migrating.UnknownRevision:
        if not migrating.is_wider(database_url(settings)):
            raise
        standing = Standing.AT_HEAD  # of a newer version, which is replacing this one
    if standing is not Standing.AT_HEAD:
        raise NotMigrated(standing)
    if settings.is_production:
        refuse_leaks(settings)


def refuse_leaks(settings: Settings) -> None:
    """Make sure that the database's log takes no patient data.

    Raises:
        LeakyDatabase: it would.
        StoreUnavailable: the database cannot be reached.
    """
    engine = database(settings)
    try:
        leaks = leaks_of(engine)
    finally:
        engine.dispose()
    if leaks:
        raise LeakyDatabase(leaks)


def require(settings: Settings, needs: frozenset[Need] | set[Need]) -> None:
    """Make sure that all of it was told.

    Raises:
        BadSettings: something is missing; all of it is named.
    """
    if faults := missing_in(settings, needs):
        raise BadSettings(faults, settings)


def new_batch_id() -> str:
    """A name for a plan run that no other has: when it was made (UTC), and eight characters of chance."""
    return f"plan-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:8]}"


# -- what is not a use case --------------------------------------------------------------------------------------------


def migrate(settings: Settings, *, environ: Mapping[str, str] = os.environ) -> None:
    """Take the database to the newest revision.

    Args:
        environ: Tells the named fault points of tests, nothing else.

    Raises:
        LeakyDatabase: in production, its log would take patient data.
        BoonaError: it cannot be taken there; the steps before stay.
    """
    if settings.is_production:
        refuse_leaks(settings)
    migrating.upgrade(database_url(settings), checkpoint=checkpoint_of(environ.get(FAULTS_VARIABLE, "")))


def downgrade(settings: Settings, revision: str) -> None:
    """Take the database down to *revision* (``-1``: one step; ``base``: nothing is left).

    Raises:
        BoonaError: it cannot be taken there; the steps before stay.
    """
    migrating.downgrade(database_url(settings), revision)


def check(settings: Settings) -> Standing:
    """Where the database stands, seen from the newest revision.

    Raises:
        BoonaError: it stands nowhere that is known, or cannot be reached.
    """
    return migrating.check(database_url(settings))


def revisions(settings: Settings) -> tuple[str | None, str]:
    """The revision of the database (None: it has none), and the newest one."""
    return migrating.current(database_url(settings)), migrating.head()
