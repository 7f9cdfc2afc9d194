"""`python -m runtime` is `ledgerport`."""

from runtime.commands.cli import main

if __name__ == "__main__":
    main()
