"""Read definitions: files and folders, YAML with the line of every value, the grammar, and folders laid over
others.

Called by `pipeline`. `stages` takes each document with its positions, so that an error found much later still names
file and line. Knows the form of a definition and not what it means.

- `files`: which files and folders belong to an integration
- `yaml_events`, `yaml_problems`: YAML to values with positions, within bounds, and what is wrong with broken
  YAML
- `documents`, `overlays`: the documents of all layers, and an operator's changes laid over ours
- `grammar`: whether a document has the form of its JSON Schema, said in plain sentences
"""
