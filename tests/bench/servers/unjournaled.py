"""Our server without its journal, which no setting turns off: what is measured beside it is what the journal costs.

`python -m tests.bench.servers.unjournaled serve`
"""

from __future__ import annotations

from runtime.commands.cli import main
from runtime.operations.vendor_calls import VendorCalls

if __name__ == "__main__":
    VendorCalls._send_journaled = VendorCalls._send_renewing  # type: ignore[method-assign]
    main()
