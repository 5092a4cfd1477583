"""The registers and schemas of the double of Open Register, and what differs between versions."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes import open_register_answers as answers


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What differs between versions and builds of Open Register."""

    version: Literal["1.0.0", "0.2.14"]
    bulk: Literal["refused", "hollow", "works"]
    """`refused` answers 500; `hollow` stores rows whose properties are all null, as v1.0.0 does when patched."""
    is_bulk_partial: bool = False
    """Whether bulk leaves out every third row and says `success` nevertheless (issue 2778)."""
    has_misleading_statistics: bool = False
    is_anonymous_allowed: bool = False
    """Whether wrong or no credentials see an empty list and may create objects."""


V1_0_0 = Profile(version="1.0.0", bulk="refused", is_anonymous_allowed=True)
V0_2_14 = Profile(version="0.2.14", bulk="works", has_misleading_statistics=True)


@dataclass
class Registers:
    """Keeps registers and schemas and answers for them."""

    profile: Profile = V1_0_0
    registers: dict[int, dict[str, Any]] = field(default_factory=dict)
    schemas: dict[int, dict[str, Any]] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 23, 16, 58, 18, tzinfo=UTC)
    folders: int = 88

    def add_register(self, title: str, slug: str, **more: Any) -> dict[str, Any]:
        """Store a register as if somebody had created it."""
        number = len(self.registers) + 1
        base = {"id": number, "uuid": str(uuid.uuid4()), "slug": slug, "title": title}
        moments = {"created": self.tick(), "updated": self.tick()}
        base |= {"version": "0.0.1", "description": None, "schemas": [], "folder": self.folder()}
        self.registers[number] = base | moments | more
        return self.registers[number]

    def add_schema(self, title: str, slug: str, **more: Any) -> dict[str, Any]:
        """Store a schema as if somebody had created it."""
        number = len(self.schemas) + 1
        base = {"id": number, "uuid": str(uuid.uuid4()), "slug": slug, "title": title}
        moments = {"created": self.tick(), "updated": self.tick()}
        base |= {"description": None, "properties": {}, "required": []}
        is_strict = {"hardValidation": self.profile.version == "1.0.0"}
        self.schemas[number] = base | moments | is_strict | more
        return self.schemas[number]

    async def create_register(self, request: Request) -> Response:
        """Answer POST /registers."""
        created = self.add_register(**await request.json())
        return JSONResponse(answers.register_answer(created, is_new=True), 201)

    async def create_schema(self, request: Request) -> Response:
        """Answer POST /schemas."""
        sent = await request.json()
        if self.profile.version == "0.2.14":
            sent.pop("required", None)
        created = self.add_schema(**sent)
        return JSONResponse(self._schema_answer(created, is_new=True), 201)

    async def list_registers(self, request: Request) -> Response:
        """Answer GET /registers."""
        query = answers.php_query(request.url.query)
        shown = [answers.register_answer(register) for register in self.registers.values()]
        if "schemas" in query.get("_extend", []):
            for register in shown:
                register["schemas"] = [
                    self._schema_answer(self.schemas[one]) for one in register["schemas"]
                ]
        return JSONResponse({"results": shown})

    async def get_register(self, request: Request) -> Response:
        """Answer GET /registers/{register}."""
        return JSONResponse(answers.register_answer(request.state.register))

    async def put_register(self, request: Request) -> Response:
        """Answer PUT /registers/{register}."""
        request.state.register.update(await request.json(), version="0.0.2", updated=self.tick())
        return JSONResponse(answers.register_answer(request.state.register))

    async def schemas_of_register(self, request: Request) -> Response:
        """Answer GET /registers/{register}/schemas."""
        linked = [self.schemas[number] for number in request.state.register["schemas"]]
        shown = [self._schema_answer(schema) for schema in linked]
        return JSONResponse({"results": shown, "total": len(shown)})

    async def get_schema(self, request: Request) -> Response:
        """Answer GET /schemas/{schema}."""
        shown = self._schema_answer(request.state.schema)
        return JSONResponse(shown | {"@self": {"extendedBy": []}})

    def _schema_answer(self, schema: dict[str, Any], *, is_new: bool = False) -> dict[str, Any]:
        return answers.schema_answer(schema, version=self.profile.version, is_new=is_new)

    def tick(self) -> str:
        """Return the next second."""
        self.now += timedelta(seconds=1)
        return self.now.isoformat()

    def folder(self) -> str:
        """Return the number of a new folder."""
        self.folders += 1
        return str(self.folders)
