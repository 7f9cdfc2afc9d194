"""`python -m runtime` is `ledgerport`."""

from runtime.cli import main

if __name__ == "__main__":
    main()
