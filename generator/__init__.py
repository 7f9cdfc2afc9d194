"""The compiler: YAML definitions in, a frozen catalog of tools out. It knows no vendor and nothing of the runtime."""
