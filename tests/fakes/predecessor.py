"""What the predecessor gave away: entities with every field of its database, and the forms they came in."""

from typing import Any

ADDRESS = "https://cloud.example/index.php/apps/openconnector/api"

MOMENTS = {"dateCreated": "2026-11-23T17:00:46+00:00", "dateModified": "2026-11-23T17:00:46+00:00"}


def a_source(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a source as the API of the predecessor gave it."""
    return {
        "id": number,
        "uuid": f"82ff094e-ca06-4ceb-9953-{number:012}",
        "name": "Local JSON 53245",
        "description": "test source",
        "version": "0.0.0",
        "reference": None,
        "location": "http://source.test",
        "isEnabled": True,
        "type": "api",
        "authorizationHeader": None,
        "auth": "none",
        "authenticationConfig": [],
        "authorizationPassthroughMethod": None,
        "locale": None,
        "accept": None,
        "jwt": None,
        "jwtId": None,
        "secret": None,
        "username": None,
        "password": None,
        "apikey": None,
        "documentation": None,
        "loggingConfig": [],
        "oas": None,
        "paths": [],
        "headers": [],
        "translationConfig": [],
        "configuration": [],
        "endpointsConfig": [],
        "status": None,
        "logRetention": 3600,
        "errorRetention": 86400,
        "objectCount": None,
        "test": None,
        "rateLimitLimit": None,
        "rateLimitRemaining": None,
        "rateLimitReset": None,
        "rateLimitWindow": None,
        "lastCall": None,
        "lastSync": None,
        **MOMENTS,
        "configurations": [],
        "slug": "local-json-53245",
        **fields,
    }


def a_mapping(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a mapping as the API of the predecessor gave it."""
    return {
        "id": number,
        "uuid": f"0afa8163-5309-4d65-9658-{number:012}",
        "name": "Ext to persoon 53245",
        "description": "m",
        "version": "1.0.0",
        "reference": None,
        "mapping": {
            "name": "naam",
            "age": "leeftijd",
            "email": "{{ mail|lower }}",
            "kind": "soort",
            "street": "{{ adres.straat }} {{ adres.huisnummer }}",
            "extId": "id",
        },
        "unset": [],
        "cast": {"age": "integer"},
        "passThrough": False,
        "configurations": [],
        **MOMENTS,
        "slug": "ext-to-persoon-53245",
        **fields,
    }


def a_synchronization(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a synchronization as the API of the predecessor gave it."""
    return {
        "id": number,
        "uuid": f"ebbd7152-d30e-4a88-a05c-{number:012}",
        "name": "Sync 53245",
        "description": "s",
        "reference": None,
        "version": "0.0.1",
        "sourceId": "1",
        "sourceType": "api",
        "sourceHash": None,
        "sourceHashMapping": None,
        "sourceTargetMapping": "1",
        "sourceConfig": {
            "endpoint": "/items?n=20&limit=100",
            "resultsPosition": "results",
            "idPosition": "id",
            "headers": [],
            "query": [],
        },
        "sourceLastChanged": None,
        "sourceLastChecked": None,
        "sourceLastSynced": None,
        "currentPage": 1,
        "targetId": "4/4",
        "targetType": "register/schema",
        "targetHash": None,
        "targetSourceMapping": None,
        "targetConfig": None,
        "targetLastChanged": None,
        "targetLastChecked": None,
        "targetLastSynced": None,
        "created": "2026-11-23T17:00:47+00:00",
        "updated": "2026-11-23T17:00:47+00:00",
        "conditions": [],
        "followUps": [],
        "actions": [],
        "configurations": [],
        "status": None,
        "slug": "sync-53245",
        **fields,
    }


def a_job(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a job that starts a synchronization every hour, as the API of the predecessor gave it."""
    return {
        "id": number,
        "uuid": f"5b1f3c1e-7a51-4b6e-9a0f-{number:012}",
        "name": "Every hour",
        "description": "",
        "reference": None,
        "version": "0.0.1",
        "jobClass": "OCA\\OpenConnector\\Action\\SynchronizationAction",
        "arguments": {"synchronizationId": "1"},
        "interval": 3600,
        "executionTime": 3600,
        "timeSensitive": True,
        "allowParallelRuns": False,
        "isEnabled": True,
        "singleRun": False,
        "scheduleAfter": None,
        "userId": None,
        "jobListId": None,
        "logRetention": 3600,
        "errorRetention": 86400,
        "lastRun": None,
        "nextRun": "2026-11-24T02:00:00+00:00",
        "created": "2026-11-23T17:00:47+00:00",
        "updated": "2026-11-23T17:00:47+00:00",
        "configurations": [],
        "status": None,
        "slug": "every-hour",
        **fields,
    }


def exported(kind: str, entity: dict[str, Any]) -> dict[str, Any]:
    """Return an entity as the predecessor wrote it to a file."""
    return {
        "@context": {"schema": "https://schema.org", "register": f"{ADDRESS}/{kind}s"},
        "@type": kind,
        "@id": f"{ADDRESS}/{kind}s/{entity['id']}",
        **entity,
    }


def bundled(**groups: Any) -> dict[str, Any]:
    """Return a configuration set: an OpenAPI document whose components hold the entities by slug."""
    return {
        "openapi": "3.0.0",
        "info": {"title": "Zaken", "version": "1.0.0"},
        "x-openregister": {"type": "openconnector", "app": "zaken"},
        "paths": [],
        "components": groups,
    }


def without_numbers(entity: dict[str, Any]) -> dict[str, Any]:
    """Return an entity as a configuration set holds it."""
    return {name: value for name, value in entity.items() if name not in ("id", "uuid")}
