"""`ledgerport completion`: the script by which a shell completes the commands and their options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from runtime.commands.exit_on_error import exit_on_error

VARIABLE = "_LEDGERPORT_COMPLETE"
"""What click looks for when the shell asks: its name is made of the program's."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
@exit_on_error()
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  ledgerport completion bash > ~/.local/share/bash-completion/completions/ledgerport
    zsh:   ledgerport completion zsh > a file _ledgerport in a folder of $fpath
    fish:  ledgerport completion fish > ~/.config/fish/completions/ledgerport.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "ledgerport", VARIABLE).source())
