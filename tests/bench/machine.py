"""Facts about the machine and its processes, from the system's own files."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "uvicorn", "uvloop", "httptools", "aiohttp", "starlette", "orjson", "jsonschema_rs", "mcp", "pydantic",
)  # fmt: skip
AVAILABLE = tuple(sorted(os.sched_getaffinity(0)))
"""The cores of this process when it started, before it gave all but one to the servers."""
_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """The core for the servers and the core for the load; the same one twice where there is no other."""
    return AVAILABLE[0], AVAILABLE[-1]


def cpu_seconds(pid: int) -> float:
    """The processor time that all threads of a process have used."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return _coarse_cpu_seconds(pid)
    return total / 1e9


def _coarse_cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(pid: int) -> int:
    """The resident memory of a process."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None, "the kernel says nothing about the memory of the process"
    return int(found[1]) * 1024


def facts() -> dict[str, Any]:
    """What a figure depends on."""
    return {
        "processor": _processor(),
        "cores": len(AVAILABLE),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "load average": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
