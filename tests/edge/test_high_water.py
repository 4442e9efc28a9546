"""The high-water mark outlives everything but its own file, and only rises."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from boona_adapters.high_water import KEY, EveryMark, FileMark, MarkFailed, RedisMark
from boona_adapters.streams.redis import connect
from boona_core.event_ports import OutsideMark
from tests.contract.buses import redis_server

AWAY = (redis.ConnectionError, redis.TimeoutError)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield connect(server.url, patience=5)


@pytest.fixture(params=["file", "redis", "both"])
def mark(request: pytest.FixtureRequest, tmp_path: Path, client: Any) -> OutsideMark:
    client.delete(KEY)
    file, in_redis = FileMark(tmp_path / "deep" / "mark"), RedisMark(client, AWAY)
    marks: dict[str, OutsideMark] = {"file": file, "redis": in_redis, "both": EveryMark([file, in_redis])}
    return marks[request.param]


def test_nothing_was_noted_at_the_beginning(mark: OutsideMark) -> None:
    assert mark.read() is None


def test_the_highest_mark_is_kept(mark: OutsideMark) -> None:
    mark.note(3)
    mark.note(12)
    mark.note(5)

    assert mark.read() == 12


def test_several_that_note_at_once_leave_the_highest(mark: OutsideMark) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(mark.note, range(1, 20)))

    assert mark.read() == 19


@pytest.mark.parametrize("text", ["", "x", "3\n4"])
def test_a_file_that_holds_no_number_is_a_failure_and_not_no_mark(tmp_path: Path, text: str) -> None:
    (tmp_path / "mark").write_text(text)

    with pytest.raises(MarkFailed):
        FileMark(tmp_path / "mark").read()


def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")

    with pytest.raises(MarkFailed):
        FileMark(tmp_path / "in the way" / "mark").note(1)


def test_a_redis_that_is_away_knows_nothing_and_the_file_still_counts(tmp_path: Path) -> None:
    nobody = connect("redis://127.0.0.1:1/0", patience=1)
    both = EveryMark([FileMark(tmp_path / "mark"), RedisMark(nobody, AWAY)])

    both.note(4)

    assert RedisMark(nobody, AWAY).read() is None
    assert both.read() == 4


def test_of_two_places_the_one_that_knows_more_counts(tmp_path: Path) -> None:
    FileMark(tmp_path / "new machine").note(1)
    FileMark(tmp_path / "old machine").note(9)

    assert EveryMark([FileMark(tmp_path / "new machine"), FileMark(tmp_path / "old machine")]).read() == 9


def test_two_installations_on_one_redis_keep_marks_of_their_own(client: Any) -> None:
    client.delete("one", "another")
    one, another = RedisMark(client, AWAY, "one"), RedisMark(client, AWAY, "another")

    one.note(7)

    assert (one.read(), another.read()) == (7, None)
