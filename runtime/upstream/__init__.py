"""One call to the vendor: build the request, send it, read the answer. Knows definitions, not vendors."""
