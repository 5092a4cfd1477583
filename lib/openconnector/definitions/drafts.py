"""The synchronization that an account is making step by step: kept as far as it is, then saved as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import orjson
from pydantic import ConfigDict, Field, TypeAdapter

from openconnector.crypto import KeyRing
from openconnector.db import drafts as rows
from openconnector.db.sealed import draft_binding
from openconnector.db.session import Session
from openconnector.definitions.models import Model, SourceDefinition
from openconnector.definitions.secrets import MASK, found_in, join, replaced, still_asked_for
from openconnector.errors import ConfigurationError
from openconnector.ports import Clock

STEPS: Final = 4


class DraftBody(Model):
    """A synchronization with what is made along with it, each as its collection takes it, as far as it is filled in."""

    model_config = ConfigDict(defer_build=False)  # the interface takes it as it is

    step: int = Field(default=1, strict=True, ge=1, le=STEPS)
    """The step the account is at."""
    source: dict[str, Any] | None = None
    """A source to be made; null where `synchronization` names one that exists."""
    register_: dict[str, Any] | None = Field(default=None, alias="register")
    """A register to be made; null where the target names one that exists, or is none."""
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    """A schema to be made, for the register of the target."""
    mapping: dict[str, Any] | None = None
    """A mapping to be made; null where `synchronization` names one that exists, or none."""
    synchronization: dict[str, Any] = Field(default_factory=dict)
    """The synchronization. What names the parts that are to be made is filled in when they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as it is kept, its secrets in place."""

    body: DraftBody
    saved: Mapping[str, str] = field(default_factory=dict)
    """The ids of the parts that have been saved already, by collection: the next save replaces those."""


class Drafts:
    """The drafts of all accounts, sealed. Each method works in the transaction of the session it is given."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def find(self, session: Session, owner: str) -> Draft | None:
        """Return the draft of an account; None when it has begun nothing, or the key of what it began is lost."""
        row = await rows.find(session, owner)
        if row is None:
            return None
        try:
            kept = orjson.loads(self._keys.open(row.sealed, draft_binding(owner)))
        except ConfigurationError:
            return None
        return Draft(body=DraftBody.model_validate(kept["body"]), saved=kept["saved"])

    async def keep(self, session: Session, owner: str, body: DraftBody) -> Draft:
        """Store what an account has of its draft now; secrets that are masked are kept."""
        before = await self.find(session, owner) or Draft(body=DraftBody())
        source = body.source and _with_secrets(before.body.source or {}, body.source)
        draft = Draft(body=body.model_copy(update={"source": source}), saved=before.saved)
        await self._store(session, owner, draft)
        return draft

    async def note_saved(
        self, session: Session, owner: str, draft: Draft, saved: Mapping[str, str]
    ) -> None:
        """Remember which parts of a draft have been saved."""
        await self._store(session, owner, Draft(body=draft.body, saved=saved))

    async def forget(self, session: Session, owner: str) -> None:
        """Delete the draft of an account."""
        await rows.forget(session, owner)

    async def _store(self, session: Session, owner: str, draft: Draft) -> None:
        body = draft.body.model_dump(mode="json", by_alias=True)
        text = orjson.dumps({"body": body, "saved": dict(draft.saved)})
        sealed = self._keys.seal(text, draft_binding(owner))
        await rows.keep(session, owner, sealed, self._clock.now())


def shown(body: DraftBody) -> DraftBody:
    """Return a draft as answers show it: secrets masked."""
    if body.source is None:
        return body
    secrets = found_in(body.source, _source_schema())
    masks = {pointer: MASK for pointer, secret in secrets.items() if secret}
    return body.model_copy(update={"source": replaced(body.source, masks)})


def _with_secrets(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source with the secrets it had in the place of masks; a mask of none is no secret."""
    joined = join(after, still_asked_for(found_in(before, _source_schema()), before, after))
    secrets = found_in(joined, _source_schema())
    return replaced(joined, {at: None for at, secret in secrets.items() if secret == MASK})


@cache
def _source_schema() -> dict[str, Any]:
    return TypeAdapter(SourceDefinition).json_schema(by_alias=True)
