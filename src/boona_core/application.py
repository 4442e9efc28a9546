"""Everything that Boona does, in one value that faces hold: the command line, the API, the workers."""

from collections.abc import Callable

from attrs import frozen

from boona_core.api_ports import OpenApiUnit
from boona_core.usecases.answering import RecordAnswer
from boona_core.usecases.arranging import ArrangeEmail
from boona_core.usecases.changing_calls import CancelCall, FailCall, MoveCall, ScheduleCall, SettleExhausted
from boona_core.usecases.completing_calls import CompleteCall
from boona_core.usecases.confirming import ReleaseConfirmation
from boona_core.usecases.deciding import CancelEmail, QueueEmail, ReleaseRequest, SettleEmail
from boona_core.usecases.displacing import UndoPlacement
from boona_core.usecases.explaining import ExplainContact
from boona_core.usecases.finding import FindAnswers, FindEmails
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


@frozen(kw_only=True)
class Application:
    """The use cases, bound to their ports.

    A face calls these and knows nothing of what stands behind them.

    Attributes:
        locate_people: None: there is no geocoder that may be asked.
        find_routes: None: there is no router that may be asked.
    """

    import_file: ImportFile
    undo_import: UndoImport
    import_postal_codes: ImportPostalCodes
    find_matches: FindMatches
    offer_matches: OfferMatches
    locate_people: LocatePeople | None
    find_routes: FindRoutes | None
    survey_maps: SurveyMaps
    ask_soon: AskSoon
    find_duplicates: FindDuplicates
    merge_therapists: MergeTherapists
    move_people: MovePeople
    plan_emails: PlanEmails
    drain_queue: DrainQueue
    queue_email: QueueEmail
    settle_email: SettleEmail
    cancel_email: CancelEmail
    release_request: ReleaseRequest
    explain_contact: ExplainContact
    find_emails: FindEmails
    plan_calls: PlanCalls
    follow_up: PlanCalls
    list_calls: ListCalls
    schedule_call: ScheduleCall
    move_call: MoveCall
    cancel_call: CancelCall
    complete_call: CompleteCall
    fail_call: FailCall
    settle_exhausted: SettleExhausted
    replan_day: ReplanDay
    keep_callers: KeepCallers
    close_days: CloseDays
    record_answer: RecordAnswer
    undo_placement: UndoPlacement
    release_confirmation: ReleaseConfirmation
    find_answers: FindAnswers
    list_slots: ListSlots
    show: ShowRecords
    keep_therapist: KeepPerson
    keep_patient: KeepPerson
    keep_request: KeepRequest
    write_email: WriteEmail
    rewrite_email: RewriteEmail
    arrange_email: ArrangeEmail
    keep_tokens: KeepTokens


Applications = Callable[[OpenApiUnit], Application]
"""Makes the use cases on other units: a face that joins several of them in one transaction brings its own."""
