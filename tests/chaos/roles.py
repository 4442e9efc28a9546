"""The programs of chaos tests that run by themselves: a worker, a sweep or a relay, as in production."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from boona_adapters.postgres.connection import Timeouts
from boona_adapters.roles import roles_of, running
from boona_adapters.settings import Settings, read_settings
from boona_adapters.wiring import Wired, build
from boona_core.errors import StoreUnavailable
from tests.chaos.variants import weaken
from tests.chaos.worker import Orders, checkpoint_of_orders, told_to_stop

AGENCY = {
    "BOONA_SENDER__EMAIL": "vermittlung@agentur.example",
    "BOONA_SENDER__NAME": "Vermittlung",
    "BOONA_AGENCY__NAME": "Vermittlung",
    "BOONA_AGENCY__ADDRESS": "Weg 1, 10115 Berlin",
}
QUICK = {
    "BOONA_SCHEDULE__SEND": "* * * * *",
    "BOONA_SCHEDULE__SWEEP": "0.2",
    "BOONA_SCHEDULE__LEASE": "1.5",
    "BOONA_SCHEDULE__AGAIN_AFTER": "0.5",
    "BOONA_SENDING__CLAIM_LEASE": "0.8",
    "BOONA_SENDING__HANDOFF_LEASE": "2.5",
    "BOONA_SENDING__PAUSE": "0.05",
    "BOONA_SMTP__ANSWER_TIMEOUT": "2",
    "BOONA_EVENTS__LEASE": "1",
    "BOONA_EVENTS__PATIENCE": "0.5",
    "BOONA_EVENTS__LONGEST_WAIT": "0.5",
}
TIMEOUTS = Timeouts(silence=timedelta(seconds=1.5))


def settings_of(orders: Orders) -> Settings:
    """The settings of a process that runs by itself."""
    told: Mapping[str, str] = {
        **AGENCY,
        **QUICK,
        "BOONA_DATABASE_URL": orders.database_url,
        "BOONA_REDIS_URL": orders.redis_url,
        "BOONA_SMTP__PORT": str(orders.smtp_port or 1),
        **orders.more,
    }
    return read_settings(told)


def run_role(orders: Orders) -> None:
    """Play the role until told to stop."""
    told = told_to_stop()
    weaken(orders.variant)
    checkpoint = checkpoint_of_orders(orders)
    with (
        _begun(orders, checkpoint) as wired,
        roles_of(wired, checkpoint=checkpoint) as all_,
    ):
        loops = {"worker": lambda: [all_.worker(2)], "sweep": lambda: [all_.sweep()], "relay": all_.relay}
        with running([*loops[orders.role]()], all_.ended):
            told.wait()


def _begun(orders: Orders, checkpoint: Callable[[str], None]) -> Wired:
    """The application; a process whose database goes while it begins ends, and whoever watches over it begins again."""
    while True:
        try:
            return build(settings_of(orders), connections=12, timeouts=TIMEOUTS, checkpoint=checkpoint)
        except StoreUnavailable:
            time.sleep(0.05)
