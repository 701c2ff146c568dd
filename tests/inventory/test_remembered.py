"""What is remembered is what would be made again."""

from inventory.remembered import Latest


def test_the_last_thing_is_known_by_its_identity() -> None:
    made: list[list[int]] = []

    def count(things: list[int]) -> int:
        made.append(things)
        return len(things)

    latest = Latest(count)
    one, alike = [1, 2], [1, 2]
    assert [latest(one), latest(one), latest(alike), latest(one)] == [2, 2, 2, 2]
    assert [id(things) for things in made] == [id(one), id(alike), id(one)]
