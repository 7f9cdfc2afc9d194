from typing import Any

answer_what_if = Any
