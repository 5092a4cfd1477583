"""The ways a request takes to the API in tests: over which database, through which door."""

import pytest

DIRECT, PHP, HARP = "direct", "php proxy", "harp"

ADDRESSES = {
    DIRECT: "http://api.test",
    PHP: "http://nextcloud.test/index.php/apps/app_api/proxy/openconnector",
    HARP: "http://nextcloud.test/exapps/openconnector",
}

Way = tuple[str, str]
"""The fixture with the database's address, and the door."""

DIRECTLY = [
    pytest.param(("migrated_sqlite_url", DIRECT), id="sqlite"),
    pytest.param(("migrated_postgres_url", DIRECT), id="postgresql", marks=pytest.mark.postgres),
]
"""To a server of our own, over each kind of database."""

THROUGH_DOORS = [
    pytest.param(("migrated_sqlite_url", PHP), id="php proxy"),
    pytest.param(("migrated_sqlite_url", HARP), id="harp"),
]
"""To the ExApp, through each front door of Nextcloud."""

WAYS = [*DIRECTLY, *THROUGH_DOORS]
"""Doors and databases know nothing of each other, so not every pair is needed."""

ON_SQLITE = [DIRECTLY[0], *THROUGH_DOORS]
"""For what no database sees."""

DIRECTLY_ON_SQLITE = DIRECTLY[:1]
"""For what a front door has its own answer to."""

NOT_THROUGH_PHP = [*DIRECTLY, THROUGH_DOORS[1]]
"""For what PHP loses: repeated parameters, encoded slashes, other methods, forms it cannot read."""

ON_ONE_DATABASE = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
"""For what is decided before a database is asked, where everything else runs on both kinds."""
