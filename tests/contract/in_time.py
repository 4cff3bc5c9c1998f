"""Something that may never end, given so long."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def in_time(work: Callable[[], Result], within: float) -> Result:
    """What it returns, or raises. Raises TimeoutError, and leaves it be, where it has not ended in so many seconds."""
    returned: list[Result] = []
    raised: list[BaseException] = []

    def do() -> None:
        try:
            returned.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    worker = threading.Thread(target=do, daemon=True)
    worker.start()
    worker.join(within)
    if worker.is_alive():
        raise TimeoutError(f"still running after {within:g} s")
    if raised:
        raise raised[0]
    return returned[0]
