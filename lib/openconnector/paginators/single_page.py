"""Sources that answer with everything at once."""

from typing import Literal

from typing_extensions import override

from openconnector.kinds.paginator import Answer, Ask, End, Paginator


class SinglePage(Paginator):
    """Everything in one answer.

    One request brings all records. Nothing looks for a next page, even if the answer names one.

    Example:
    {"kind": "single_page"}
    """

    kind: Literal["single_page"] = "single_page"

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        return Ask() if ask is None else End()
