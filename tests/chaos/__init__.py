"""The fault campaign: the real deployment under load, faults by seed, then the verdict.

`python -m tests.chaos --seed 1 --faults 20 --mode embedded`, or `make chaos`.
"""
