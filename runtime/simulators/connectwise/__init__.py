"""The simulator of ConnectWise PSA: `firm` has the records of the provider whose business it shows."""
