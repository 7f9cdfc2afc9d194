"""What stands between an agent and a write."""
