"""The addresses that access tokens are for: all companies at once, or one. And where their metadata are.

Called by `authorizing`, which binds a grant to one, and by the MCP endpoint, which refuses a token that is for another.
"""

from __future__ import annotations

from urllib.parse import quote

PATH = "/mcp"
COMPANY_PREFIX = "/c/"
METADATA_PATH = "/.well-known/oauth-protected-resource"
"""RFC 9728: by itself, and with the path of a resource behind it."""
LONGEST_SLUG = 128
"""Characters of an account's id or external id."""


def is_company_path(path: str) -> bool:
    """Whether a path is that of one company."""
    return path.startswith(COMPANY_PREFIX) and read_slug(path) != ""


def read_slug(path: str) -> str:
    """Return the company that a path names; empty where it names none."""
    inner = path.removesuffix("/").removeprefix(COMPANY_PREFIX)
    slug = inner.removesuffix(PATH)
    is_one = slug != inner and slug and "/" not in slug and len(slug) <= LONGEST_SLUG
    return slug if is_one and path.startswith(COMPANY_PREFIX) else ""


def name_resource(public_url: str, path: str) -> str:
    """Return the resource at a path, decoded as servers hand it over, as tokens name it."""
    slug = read_slug(path)
    return f"{public_url}{COMPANY_PREFIX}{quote(slug, safe='')}{PATH}" if slug else f"{public_url}{PATH}"


def name_metadata(public_url: str, path: str) -> str:
    """Return where the metadata of the resource at a path are."""
    resource = name_resource(public_url, path)
    return f"{public_url}{METADATA_PATH}{resource.removeprefix(public_url)}"


def is_for_all_companies(resource: str) -> bool:
    """Whether a resource is the address of all companies at once."""
    return f"{COMPANY_PREFIX}" not in resource.partition("://")[2]
