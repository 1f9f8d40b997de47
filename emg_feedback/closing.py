"""What is closed at the end of its ``with`` block."""

from typing import Self


class Closing:
    """Has a ``close``, which is safe to call twice."""

    def close(self) -> None:
        """Let go of everything."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
