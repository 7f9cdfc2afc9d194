"""The runtime: serves the tools of a catalog to agents, one secret URL for each agent and company."""
