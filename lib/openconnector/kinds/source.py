"""Where records come from."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import httpx
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from openconnector.errors import ConfigurationError, FieldProblem, InvalidInput
from openconnector.kinds.base import Kind, Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.registry import problems_of
from openconnector.messages import t
from openconnector.ports import SourceCall
from openconnector.records import Cursor, Page


class Source(Kind):
    """Reads records page by page."""

    kind: str

    def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        """Yield pages from ``cursor`` on, or from the beginning.

        The last page says whether the end was proved (`Page.is_end`). Raises `TransientError` when a page cannot be
        had now, `StopRun` when it never can; pages already yielded stand.
        """
        raise NotImplementedError

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that are asked."""
        return ()

    def reads_changed(self, *, deletes: bool) -> bool:
        """Whether `read_changed` gives all that the change of one thing means.

        ``deletes`` says that records which are gone matter: they show in a whole read alone.
        """
        return False

    def read_changed(self, reach: Reach, thing: str) -> AsyncIterator[Page]:
        """Yield the records of one thing, by the id an event calls it; none when it is not among what is read.

        Raises like `read`.
        """
        raise NotImplementedError

    async def call(self, reach: Reach, call: SourceCall) -> httpx.Response:
        """Send one request with this source's address and credentials. Raises `ConfigurationError` if it has none."""
        raise ConfigurationError(
            t("A source of kind {kind} cannot be called", kind=repr(self.kind))
        )

    @classmethod
    def selection_fields(cls) -> frozenset[str]:
        """Return the names (as users write them) that a synchronization may set for itself."""
        return frozenset(
            field.alias or to_camel(name)
            for name, field in cls.model_fields.items()
            if any(isinstance(mark, Selection) for mark in field.metadata)
        )

    def narrowed(self, selection: Mapping[str, Any]) -> Self:
        """Return this source with a synchronization's own selection laid over it. Raises `InvalidInput`."""
        allowed = self.selection_fields()
        problems = [
            FieldProblem(
                field=f"sourceConfig.{name}",
                message=t(
                    "cannot be set by a synchronization; one of {known}",
                    known=", ".join(sorted(allowed)),
                ),
            )
            for name in selection
            if name not in allowed
        ]
        if problems:
            raise InvalidInput(problems, subject="synchronization")
        if not selection:
            return self
        # A plain dump would mask secrets, so the set fields are laid over the validated values one by one.
        own = {
            field.alias or name: getattr(self, name)
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
        }
        try:
            return type(self).model_validate(own | dict(selection))
        except ValidationError as error:
            found = [
                FieldProblem(
                    field=f"sourceConfig.{problem.field}",
                    message=problem.message,
                    value=problem.value,
                )
                for problem in problems_of(error, selection)
            ]
            raise InvalidInput(found, subject="synchronization") from error
