"""Look-alikes of vendors, for demos and tests: reached over HTTP only, and written from facts about the vendor.

Outside the layers of the runtime: nothing of the runtime imports a simulator (only the CLI starts one), and a simulator
imports nothing of the runtime, so that an error in the code under test cannot be an error of both.
"""
