"""The package beside its peers: the same data, one run, interleaved.

``make bench``, or ``python -m benchmarks --help``.
"""
