"""What the authorization server and the resources say of themselves (RFC 8414, RFC 9728).

Called by `web.oauth_endpoints`. The issuer is the public address, the same everywhere, character for character.
"""

from __future__ import annotations

from typing import Any

from runtime.identity.authorizing import AUTHORIZE_PATH
from runtime.identity.client_metadata import GRANT_TYPES
from runtime.identity.oauth_scopes import ADVERTISED, CLASSES

TOKEN_PATH = "/oauth/token"  # noqa: S105  (a path)
TOKEN_PATH_WITHOUT_METADATA = "/token"  # noqa: S105  (a path)
"""Where clients ask that have not read the metadata: the Python SDK (2.3) refreshes there after a restart, as revision
2025-03-26 has it.
"""
REGISTER_PATH = "/oauth/register"
REVOKE_PATH = "/oauth/revoke"
KEYS_PATH = "/.well-known/jwks.json"
SERVER_PATH = "/.well-known/oauth-authorization-server"


def describe_server(public_url: str) -> dict[str, Any]:
    """Return the metadata of the authorization server."""
    return {
        "issuer": public_url,
        "authorization_endpoint": public_url + AUTHORIZE_PATH,
        "token_endpoint": public_url + TOKEN_PATH,
        "registration_endpoint": public_url + REGISTER_PATH,
        "revocation_endpoint": public_url + REVOKE_PATH,
        "jwks_uri": public_url + KEYS_PATH,
        "scopes_supported": list(ADVERTISED),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
        "protected_resources": [f"{public_url}/mcp"],
        "service_documentation": f"{public_url}/docs",
    }


def describe_resource(public_url: str, resource: str) -> dict[str, Any]:
    """Return the metadata of a resource."""
    return {
        "resource": resource,
        "resource_name": "Ledgerport",
        "authorization_servers": [public_url],
        "scopes_supported": list(CLASSES),
        "bearer_methods_supported": ["header"],
    }
