from typing import Any

Outlook = list_evidence = make_figures = Any
