"""Credentials of a source: found wherever the predecessor let them be written, and given a kind of authentication.

One credential is taken, since a source here has one authentication, which is sealed.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.options import OWN_FIELD, is_rendered, is_secret, text_of

PATH: Final = "configuration"
TOKEN_CALL: Final = re.compile(
    r"Bearer\s+\{\{-?\s*oauthToken\(\s*source\s*\)\s*(?:\|\s*raw\s*)?-?\}\}"
)
NO_AUTHENTICATION: Final = ("", "none")
DEFAULT_NAME: Final = "Authorization"


class Credential(NamedTuple):
    """A credential and where it stood."""

    path: str
    auth: dict[str, Any]


class Request(NamedTuple):
    """What every request of a source carries; what turns out to be a credential is taken out."""

    headers: dict[str, str]
    query: dict[str, str]


def without_user(export: Export, location: str) -> tuple[str, list[Credential]]:
    """Return an address without the user name and password in it, and these."""
    try:
        parts = urlsplit(location)
        name, password = parts.username, parts.password
    except ValueError:
        export.refuse("location", "is no address such as https://host/path")
        return "", []
    if name is None and password is None:
        return location, []
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, [Credential("location", _basic(unquote(name or ""), unquote(password or "")))]


def authentication(
    export: Export, options: Mapping[str, Any], request: Request, found: list[Credential]
) -> dict[str, Any] | None:
    """Return the authentication of a source, None when it has none, and take it out of the request.

    Two credentials, and ways to get one that are not known here, are refused.
    """
    found = [*found, *_from_option(export, options.get("auth"))]
    found += _from_pairs(export, options, request.headers, "headers")
    found += _from_pairs(export, options, request.query, "query")
    if not found and export.is_stripped and _settings(options):
        export.warn(
            "Its header for credentials was removed when it was exported; its OAuth settings are taken instead"
        )
        found = _oauth(export, options, f"{PATH}.authentication")
    if not found:
        found = _from_unused_fields(export)
    if len(found) > 1:
        places = " and ".join(credential.path for credential in found)
        export.refuse(
            PATH,
            f"has several credentials, at {places}; a source has one authentication, which is sealed",
        )
    return found[0].auth if found else None


def _from_option(export: Export, given: Any) -> list[Credential]:
    """Return what the option `auth` of the HTTP library holds: name, password, and perhaps a scheme."""
    if given in (None, "", [], {}):
        return []
    parts = (
        given
        if isinstance(given, dict)
        else dict(enumerate(given if isinstance(given, list) else [given]))
    )
    name, password, scheme = (parts.get(str(at), parts.get(at)) for at in range(3))
    texts = [_own(export, text_of(part) or "", f"{PATH}.auth") for part in (name, password)]
    if scheme not in (None, "", "basic"):
        export.refuse(f"{PATH}.auth", "has another scheme than basic, which alone is known here")
    return [Credential(f"{PATH}.auth", _basic(*texts))]


def _from_pairs(
    export: Export, options: Mapping[str, Any], given: dict[str, str], part: str
) -> Iterator[Credential]:
    """Yield the credentials among headers or parameters, and take them out."""
    for name in list(given):
        path = f"{PATH}.{part}.{name}"
        if name.lower() == "authorization" and TOKEN_CALL.fullmatch(given[name].strip()):
            del given[name]
            yield from _oauth(export, options, path)
            continue
        given[name] = _own(export, given[name], path)
        if part == "headers" and name.lower() == "authorization":
            yield Credential(path, _of_header(given.pop(name)))
        elif is_secret(name):
            sent_in = "header" if part == "headers" else "query"
            yield Credential(path, _key(name, given.pop(name), sent_in))


def _of_header(value: str) -> dict[str, Any]:
    """Return what an `Authorization` header says."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return {"kind": "bearer", "token": rest.strip()}
    if scheme.lower() == "basic" and (pair := _decoded(rest.strip())):
        name, _, password = pair.partition(":")
        return _basic(name, password)
    return _key(DEFAULT_NAME, value.strip(), "header")


def _decoded(text: str) -> str:
    """Return name and password of a header; "" for what would be written in another way."""
    try:
        pair = b64decode(text, validate=True).decode()
    except ValueError:
        return ""
    return pair if ":" in pair and pair.isprintable() else ""


def _oauth(export: Export, options: Mapping[str, Any], path: str) -> list[Credential]:
    """Return the settings of `oauthToken`; a grant other than client credentials is refused."""
    settings = {
        name: _own(export, text_of(value) or "", f"{PATH}.authentication.{name}")
        for name, value in _settings(options).items()
    }
    if settings.get("grant_type") != "client_credentials":
        export.refuse(
            path, "has another grant of OAuth than client_credentials, which alone is known here"
        )
    if settings.get("client_assertion_type"):
        export.refuse(path, "a signed assertion as OAuth's client secret is not known here")
    if settings.get("tokenLocation") not in (None, "", "access_token"):
        export.refuse(path, "a tokenLocation other than access_token is not known here")
    if settings.get("authentication") == "basic_auth":
        export.warn(
            "The PHP app sent an empty client id and secret with basic_auth; now they are sent"
        )
    auth = {
        "kind": "oauth2_client_credentials",
        "tokenUrl": settings.get("tokenUrl", ""),
        "clientId": settings.get("client_id", ""),
        "clientSecret": settings.get("client_secret", ""),
        "credentialsIn": "header" if settings.get("authentication") == "basic_auth" else "body",
    }
    return [
        Credential(path, auth | ({"scope": settings["scope"]} if settings.get("scope") else {}))
    ]


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    settings = options.get("authentication")
    return settings if isinstance(settings, dict) else {}


def _from_unused_fields(export: Export) -> list[Credential]:
    """Return the credential in the fields of the form that the predecessor kept and never sent."""
    name = export.text("authorizationHeader") or DEFAULT_NAME
    kind = export.text("auth")
    found = None
    if kind == "apikey" and (key := export.text("apikey")):
        is_query = export.text("authorizationPassthroughMethod") == "query"
        found = Credential("apikey", _key(name, key, "query" if is_query else "header"))
    elif kind == "username-password" and (user := export.text("username")):
        found = Credential("username", _basic(user, export.text("password")))
    elif kind == "jwt" and (token := export.text("jwt")):
        found = Credential("jwt", {"kind": "bearer", "token": token})
    elif kind not in NO_AUTHENTICATION:
        export.warn(
            "Its field `auth` had no effect in the PHP app and is not taken over; give it an authentication that has"
        )
    if found is None:
        return []
    export.warn(
        f"The PHP app never sent the credential in its field {found.path!r}; from now on every request carries it. Set "
        "the authentication to none where that is not wanted"
    )
    return [found]


def _own(export: Export, text: str, path: str) -> str:
    """Return a text with the source's own fields filled in; any other template is refused."""
    if not is_rendered(text):
        return text
    filled = OWN_FIELD.sub(lambda match: export.text(match[1]), text)
    if is_rendered(filled):
        export.refuse(
            path,
            "is a template; only fields of the source ({{ source.name }}) and oauthToken are known here",
        )
    return filled


def _basic(name: str, password: str) -> dict[str, Any]:
    return {"kind": "basic", "username": name, "password": password}


def _key(name: str, key: str, sent_in: str) -> dict[str, Any]:
    return {"kind": "api_key", "name": name, "key": key, "sentIn": sent_in}
