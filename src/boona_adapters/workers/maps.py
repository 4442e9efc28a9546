"""Ask the services of maps by itself what is not known, for as long as it takes.

The log says how many questions there were and what became of them; of nobody who, or where.
"""

from collections.abc import Callable

from boona_adapters import logs
from boona_core.application import Application
from boona_core.usecases.asked import Asked
from boona_core.usecases.scheduling import Turn


def ask_maps(application: Application, stop: Callable[[], bool]) -> Turn:
    """Ask about places, then about ways, each where a service is named; unfinished where it was told to stop."""
    for about, ask in (("places", application.locate_people), ("ways", application.find_routes)):
        if ask is None:
            continue
        asked = ask(stop=stop)
        _tell(about, asked)
        if asked.interrupted:
            return Turn.UNFINISHED
    return Turn.DONE


def _tell(about: str, asked: Asked) -> None:
    if asked.questions or asked.stopped is not None:
        logs.logger().info(
            "maps",
            about=about,
            questions=asked.questions,
            found=asked.found,
            unknown=asked.unknown,
            failed=asked.failed,
        )
    if asked.stopped is not None:
        logs.logger().warning("a service of maps was left alone before everything was asked", fault=asked.stopped)
