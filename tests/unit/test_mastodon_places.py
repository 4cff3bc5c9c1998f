"""How far channels were heard: what is asked for again, and since when what it said must be known."""

from datetime import datetime

from receivers.mastodon_api.places import Place, Places
from tests.told_clock import ToldClock


class Note:
    """A bookmark without a spool."""

    def __init__(self) -> None:
        self.place: str | None = None
        self.repeats_from: datetime | None = None

    def read(self) -> str | None:
        return self.place

    def note(self, place: str, repeats_from: datetime) -> None:
        self.place, self.repeats_from = place, repeats_from


def heard(place: Place, *events: tuple[int | None, float]) -> None:
    for number, second in events:
        place.heard(number, ToldClock().at(second))


def test_what_was_heard_in_the_last_ten_minutes_may_be_asked_for_again_and_no_more() -> None:
    place, clock = Place(), ToldClock()
    heard(place, *((number, number * 10) for number in range(1, 200)))
    number, repeats_from = place.since
    assert place.newest == 199
    assert clock.at(1_990 - 660) < repeats_from <= clock.at(1_990 - 600)
    assert repeats_from == clock.at(number * 10)


def test_a_late_status_does_not_move_the_place_back() -> None:
    place = Place()
    heard(place, (500, 0), (400, 70), (600, 1_000), (None, 1_000))
    assert place.newest == 600
    assert place.since[0] == 500


def test_a_clock_that_was_set_back_leaves_the_earliest_place() -> None:
    place, clock = Place(), ToldClock()
    heard(place, (1, 5_000), (2, 1_000), (3, 1_700))
    assert place.since == (1, clock.at(5_000))
    assert place.newest == 3


def test_signs_of_life_alone_are_no_place() -> None:
    note = Note()
    heard(Places(note, "a", ["public"]).of("public"), (None, 1))
    assert note.place is None


def test_a_new_run_is_where_each_channel_was_and_what_the_earliest_may_ask_for_is_remembered() -> None:
    note, clock = Note(), ToldClock()
    places = Places(note, "a", ["#x", "#y", "#z"])
    heard(places.of("#x"), (1, 10))
    heard(places.of("#y"), (2, 20), (3, 700))
    assert note.repeats_from == clock.at(10)
    again = Places(note, "a", ["#y", "#z", "#new"])
    again.resume()
    assert (again.of("#y").newest, again.of("#y").since) == (3, (2, clock.at(20)))
    assert again.of("#z").newest is again.of("#new").newest is None
    heard(again.of("#y"), (4, 800))
    assert note.repeats_from == clock.at(20)


def test_the_ids_of_another_instance_are_no_place() -> None:
    note = Note()
    heard(Places(note, "a", ["public"]).of("public"), (1, 10))
    elsewhere = Places(note, "b", ["public"])
    elsewhere.resume()
    assert elsewhere.of("public").newest is None
