"""The servers that ours is held against, and the vendor behind all of them. Each says its port in its first line."""
