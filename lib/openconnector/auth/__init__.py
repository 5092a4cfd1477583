"""The outgoing auth schemes and their registry."""

from openconnector.auth.api_key import ApiKeyAuth
from openconnector.auth.basic import BasicAuth
from openconnector.auth.bearer import BearerAuth
from openconnector.auth.none import NoAuth
from openconnector.auth.oauth2_client_credentials import OAuth2ClientCredentialsAuth
from openconnector.kinds import Registry
from openconnector.kinds.auth import Auth

AUTH: Registry[Auth] = Registry(
    "auth", NoAuth, BasicAuth, BearerAuth, ApiKeyAuth, OAuth2ClientCredentialsAuth
)
