"""Lists: one page at a time, searched, sorted and filtered by names that are known."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from openconnector.expressions.walltime import Moment
from openconnector.messages import t

MAX_LIMIT = 100
MAX_PAGE = 100_000
MAX_TEXT = 2_000
"""Of a value in a query: the longest there is, a reference."""

T = TypeVar("T")


class Paging(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    limit: int = Field(
        default=20, ge=1, le=MAX_LIMIT, alias="_limit", description="How many on a page."
    )
    page: int = Field(
        default=1, ge=1, le=MAX_PAGE, alias="_page", description="Which page, the first is 1."
    )


class Listing(BaseModel, Generic[T]):
    """One page of a list."""

    results: list[T]
    total: int = Field(ge=0, description="How many match on all pages together.")
    page: int = Field(ge=1)
    pages: int = Field(ge=0, description="How many pages there are.")
    limit: int = Field(ge=1)


def listing(results: Iterable[Any], total: int, paging: Paging) -> dict[str, Any]:
    """Return one page of results as lists answer."""
    return {
        "results": list(results),
        "total": total,
        "page": paging.page,
        "pages": ceil(total / paging.limit),
        "limit": paging.limit,
    }


def _flag(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True)]
"""`true` or `false` in a query, and nothing else."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(t("is beyond the moments a database keeps")) from None


MomentGiven = Annotated[Moment, AfterValidator(_in_utc)]
"""A moment in a query, in UTC."""

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


def query_model(
    name: str,
    *,
    filters: Mapping[str, Any],
    sortable: Iterable[str],
    default_sort: str,
    is_searchable: bool = True,
) -> type[Paging]:
    """Return the query parameters of a list: paging, `_search`, `_sort` and its own filters."""
    orders = [f"{sign}{field}" for field in sortable for sign in ("", "-")]
    order = Field(
        default=default_sort, alias="_sort", description="The order; a leading `-` turns it."
    )
    search = Field(
        default=None, alias="_search", description="Text that name, slug or description contains."
    )
    fields: dict[str, Any] = {"sort": (Literal[tuple(orders)], order)}
    if is_searchable:
        fields["search"] = (Text | None, search)
    for filter_name, kind in filters.items():
        wanted = Field(default=None, description=f"Only those with this `{filter_name}`.")
        fields[filter_name] = ({bool: Flag, str: Text}.get(kind, kind) | None, wanted)
    return create_model(name, __base__=Paging, **fields)
