"""A download's progress, told to somebody else than a terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

from huggingface_hub.utils import tqdm


def downloading(report: Callable[[str, int, int], None]) -> type:
    """Return a class of progress bars for the hub's library that draw nothing, and report how far they are.

    Of its own log it keeps the errors only: what came of its retries is told in the end.
    """
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)

    class Reported(tqdm):  # type: ignore[misc]  # a library that linting does not see
        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (the library's own)
            kwargs |= {"disable": False, "file": StringIO(), "leave": False}
            kwargs.pop("name", None)
            super().__init__(*args, **kwargs)

        def display(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (the library's own)
            if self.total:
                report(str(self.desc or "downloading").rstrip(": "), int(self.n), int(self.total))

    return Reported
