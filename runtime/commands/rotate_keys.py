"""`ledgerport rotate-keys`: seals everything that is stored with the present secret key, while servers serve.

The key that signs access tokens is replaced as well.
"""

from __future__ import annotations

import os
import sys
import time

import click

from runtime.commands.exit_on_error import exit_on_error


@click.command("rotate-keys")
@exit_on_error()
def rotate_keys() -> None:
    """Seal everything that is stored with the present secret key.

    Start every server with the new key in LEDGERPORT_SECRET_KEY (or _FILE) and the old one in
    LEDGERPORT_PREVIOUS_SECRET_KEYS (or _FILE) first. It can be interrupted and repeated. When it says that it is
    finished, remove the old key; URLs and API tokens go on working, and access tokens are signed with a new key. Exits
    1 when something is left.
    """
    from generator.catalog import Catalog
    from runtime.deployment import Deployment
    from runtime.identity.signing_keys import SigningKeys
    from runtime.operations.key_rotation import KeyRotation
    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    settings = Settings.load(dict(os.environ))
    keys = settings.make_keys()
    stores = open_stores(settings, time.time(), keys)
    deployment = Deployment(settings, keys, stores, lambda: Catalog("", {}, ()))
    rotation = KeyRotation(deployment)
    try:
        with click.progressbar(length=rotation.count(), label="Sealing", file=sys.stderr) as bar:
            found = rotation.run(bar.update)
        signing_key = SigningKeys(deployment).replace_used("command line") if found.is_finished else None
    finally:
        stores.close()
    click.echo(f"{found.resealed} sealed anew.")
    if found.is_finished:
        if signing_key is not None:
            click.echo(
                "Access tokens are signed with a new key; those of the one before work until they end."
            )
        click.echo("Everything is sealed with the present secret key. Previous keys can be removed.")
        return
    for name, left in found.left.items():
        click.echo(f"Left: {left} {name}.")
    if found.broken:
        click.echo(f"{found.broken} of them no given key opens: add the key that sealed them.")
    click.echo("Leave the previous keys set, and run it again: a refresh under way holds an account up.")
    sys.exit(1)
