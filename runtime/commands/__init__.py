"""The commands of `ledgerport` that are more than a few lines, by subject. cli puts them together."""
