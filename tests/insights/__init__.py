"""Tests of the analyses: over the books of simulated companies, and over small books made by hand."""
