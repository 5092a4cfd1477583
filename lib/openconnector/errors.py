"""Every error of the engine, sorted by what the caller must do: fix, retry, skip or stop.

OpenConnectorError
├── ConfigurationError     fix: a definition or a request is wrong; the same call fails again
│   ├── InvalidInput           one or more fields, all named at once
│   ├── UnknownKind            a definition names a kind that is not registered
│   ├── MissingExtra           a kind needs a library that is not installed
│   ├── NotFound               nothing has this id, slug or reference
│   ├── Conflict               it cannot be done in the present state
│   ├── StaleVersion           somebody else saved in between
│   ├── AccessDenied           the caller may not do this
│   ├── LoginRefused           name and password do not belong together
│   ├── TooManyTries           the caller has to wait before he tries again
│   └── NotOffered             the host we run in has no such thing
├── TransientError         retry: the same call may work later
│   ├── NotSent                the request never left us, so repeating it is always safe
│   ├── MaybeSent              the other side may have acted, so repeat only what is idempotent
│   ├── RateLimited            the other side says when to come back
│   └── Unavailable            the other side is overloaded or in maintenance
├── RecordError            skip: this record cannot be handled; the next one can
│   └── TemplateLimit          a template did or produced more than one record is allowed
└── StopRun                stop: every record would fail in the same way
    ├── CredentialsRejected    401 or 403 for the whole source or target
    ├── MalformedAnswer        an answer that is not what it says it is
    ├── LimitExceeded          an answer beyond a documented limit
    ├── AddressForbidden       the network policy forbids the address that was dialled
    ├── EndlessRead            a source that repeats a page
    ├── StorageFailed          our own database cannot take more (a full disk, for one)
    └── LeaseLost              another worker has taken the run over
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openconnector.messages import Message, noun, t

NATIVE_PREFIX = "nextcloud_"
"""How the names of the kinds begin that exist only inside a Nextcloud."""

NEEDS_NEXTCLOUD = t(
    "needs Nextcloud: it works only where OpenConnector runs as an app of a Nextcloud, see docs/exapp.md"
)


NOUNS = (
    t("account"),
    t("action"),
    t("body"),
    t("configuration"),
    t("contract"),
    t("document"),
    t("draft"),
    t("mapping"),
    t("object"),
    t("profile"),
    t("query"),
    t("register"),
    t("request"),
    t("revision"),
    t("run"),
    t("schema"),
    t("set of settings"),
    t("settings"),
    t("source"),
    t("synchronization"),
    t("target"),
)
"""What messages are about."""


class OpenConnectorError(Exception):
    """Base of every error; the message says what happened, to what, and what would be right."""

    code = "error"
    """A stable name for programs; the message is for people."""


class ConfigurationError(OpenConnectorError):
    """A definition or a request is wrong and has to be changed by its author."""

    code = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One wrong field of a request or definition."""

    field: str
    """Dot path of the field, as the sender wrote it."""
    message: str
    """What is wrong and what would be right."""
    value: Any = None
    """The value that was sent, shortened; absent for secrets."""
    line: int | None = None
    """Where in the field, a template, the mistake is: its line, from 1; None for what is no template."""
    column: int | None = None
    """Its column, from 1."""


class InvalidInput(ConfigurationError):
    """One or more fields are wrong; all of them are named at once."""

    code = "invalid-input"

    def __init__(self, problems: Iterable[FieldProblem], *, subject: str = "request") -> None:
        self.problems = tuple(problems)
        self.subject = subject
        named = "; ".join(f"{problem.field}: {problem.message}" for problem in self.problems)
        super().__init__(self.summary(named))

    def summary(self, named: str) -> Message:
        """Return the message around the wrong fields."""
        return t("The {subject} is not valid: {named}", subject=noun(self.subject), named=named)


class UnknownKind(ConfigurationError):
    """A definition names a kind that is not registered."""

    code = "unknown-kind"

    def __init__(self, family: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        problem = t(
            "No {family} kind {name}; known: {known}",
            family=noun(family),
            name=repr(name),
            known=", ".join(names),
        )
        is_inside = any(one.startswith(NATIVE_PREFIX) for one in names)
        if name.startswith(NATIVE_PREFIX) and not is_inside:
            problem = t(
                "The {family} kind {name} {needs}",
                family=noun(family),
                name=repr(name),
                needs=NEEDS_NEXTCLOUD,
            )
        super().__init__(problem)
        self.family = family
        self.name = name


class MissingExtra(ConfigurationError):
    """A kind needs a library that is not installed."""

    code = "missing-extra"

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(
            t(
                "The Python module {module} is not installed; install openconnector[{extra}]",
                module=repr(module),
                extra=extra,
            )
        )


class NotFound(ConfigurationError):
    """Nothing has this id, slug or reference."""

    code = "not-found"

    def __init__(self, what: str, key: object) -> None:
        super().__init__(
            t("No {what} has the id, slug or reference {key}", what=noun(what), key=repr(str(key)))
        )
        self.what = what
        self.key = str(key)


class Conflict(ConfigurationError):
    """The request cannot be carried out in the present state."""

    code = "conflict"


class StaleVersion(ConfigurationError):
    """Somebody else saved the thing after the caller had read it."""

    code = "stale-version"


class AccessDenied(ConfigurationError):
    """The caller may not do this."""

    code = "access-denied"


class LoginRefused(ConfigurationError):
    """Name and password are not those of an account that may log in with them."""

    code = "login-refused"


class TooManyTries(ConfigurationError):
    """The caller has tried too often and has to wait."""

    code = "too-many-tries"

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotOffered(ConfigurationError):
    """The host we run in has no such thing."""

    code = "not-offered"


class TransientError(OpenConnectorError):
    """The same call may work later."""

    code = "transient"

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotSent(TransientError):
    """The request never left us: repeating it is always safe."""

    code = "not-sent"


class MaybeSent(TransientError):
    """The connection broke after the request had left: repeat it only if it is idempotent."""

    code = "maybe-sent"


class RateLimited(TransientError):
    """The other side asks for a pause (429)."""

    code = "rate-limited"


class Unavailable(TransientError):
    """The other side is overloaded, in maintenance or broken (5xx)."""

    code = "unavailable"


class RecordError(OpenConnectorError):
    """This record cannot be handled; the run goes on with the next one."""

    code = "record"

    def __init__(self, message: str, *, stage: str = "map", field: str | None = None) -> None:
        super().__init__(message)
        self.stage = stage
        self.field = field


class TemplateLimit(RecordError):
    """A template did more work or produced more text than one record is allowed."""

    code = "template_limit"


class StopRun(OpenConnectorError):
    """Every further record would fail in the same way, so the run ends here."""

    code = "stopped"


class CredentialsRejected(StopRun):
    """The other side does not accept our credentials."""

    code = "credentials-rejected"


class MalformedAnswer(StopRun):
    """An answer is not what it says it is: a login page, broken JSON, NaN."""

    code = "malformed-answer"


class LimitExceeded(StopRun):
    """An answer or a read is beyond a documented limit."""

    code = "limit-exceeded"


class AddressForbidden(StopRun):
    """The network policy forbids the address that was about to be dialled."""

    code = "address-forbidden"


class EndlessRead(StopRun):
    """A source answers the same page again and again."""

    code = "endless-read"


class StorageFailed(StopRun):
    """Our own database cannot take more."""

    code = "storage-failed"


class LeaseLost(StopRun):
    """Another worker has taken the run over; nothing of this one may be committed."""

    code = "lease-lost"
