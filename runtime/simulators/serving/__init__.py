"""What every simulator serves with: `listening` binds the address and runs, `fault_rules` are faults on purpose,
`control` guards and reads the requests of a control API.

Called by the simulators of the vendors; knows none of them.
"""
