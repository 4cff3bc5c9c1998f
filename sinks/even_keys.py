"""Keys that Spark's hash sends to one task each. By the numbers 0 to n - 1 some tasks get several, and others nothing.

Spark places a row by `pmod(hash(key), n)`, and its `hash` of an INT is MurmurHash3 x86 32 with seed 42
(https://github.com/aappleby/smhasher, Spark 3.5 Murmur3_x86_32.hashInt). Were it another function, keys would be as
uneven as the numbers themselves, and nothing else would change.
"""

from itertools import count

_SEED = 42
_MASK = 0xFFFF_FFFF


def even_keys(tasks: int) -> list[int]:
    """As many whole numbers as tasks; the one at index i is placed in task i. Tries about tasks × ln(tasks) of them."""
    found: dict[int, int] = {}
    for key in count():
        found.setdefault(_hash(key) % tasks, key)
        if len(found) == tasks:
            return [found[task] for task in range(tasks)]
    raise AssertionError  # `count` has no end


def _hash(key: int) -> int:
    """Of a whole number from 0 to 2^31 - 1; signed, as Java has it."""
    mixed = key * 0xCC9E2D51 & _MASK
    mixed = _rotated(mixed, 15) * 0x1B873593 & _MASK
    value = _rotated(_SEED ^ mixed, 13) * 5 + 0xE6546B64 & _MASK
    value ^= 4  # bytes of an INT
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    value ^= value >> 16
    return value - (1 << 32) if value >> 31 else value


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> 32 - by) & _MASK
