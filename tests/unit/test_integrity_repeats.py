"""Names met twice are found, with every place, whether they are in memory or in files."""

import tracemalloc
from pathlib import Path

from operations.integrity.repeats import Meeting, Names, Repeats, digest_of


def test_what_was_met_twice_comes_with_its_places_and_marks_and_nothing_else_does(tmp_path: Path) -> None:
    repeats = Repeats(tmp_path / "few")
    for place, name in enumerate(["a", "b", "a", "c", "a"]):
        repeats.add(name, place, mark=place * 10)
    assert dict(repeats.repeated()) == {digest_of("a"): [Meeting(0, 0), Meeting(2, 20), Meeting(4, 40)]}


def test_a_million_names_stay_in_bounded_memory_and_their_repeats_are_found(tmp_path: Path) -> None:
    tracemalloc.start()
    repeats = Repeats(tmp_path / "many")
    for place in range(1_000_000):
        repeats.add(f"post {place}", place)
    repeats.add("post 7", 1_000_000)
    repeats.add("post 999999", 1_000_001)
    found = dict(repeats.repeated())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {digest: [each.place for each in met] for digest, met in found.items()} == {
        digest_of("post 7"): [7, 1_000_000],
        digest_of("post 999999"): [999_999, 1_000_001],
    }
    assert peak < 20_000_000


def test_a_name_is_read_back_from_its_place_while_others_come_in(tmp_path: Path) -> None:
    names = Names(tmp_path / "names")
    given = ["54e6:7:0", "שלום 👩🏽‍🔬", "line\nfeed", "back\\slash", "", "\ud800"]
    places = {name: names.add(name) for name in given}
    assert [names.at(places[name]) for name in given] == given
    assert names.at(names.add("later")) == "later"
    assert names.at(places["54e6:7:0"]) == "54e6:7:0"
    names.close()
