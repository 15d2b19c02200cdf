"""The benchmark of speed and memory, and the other separators it compares with."""
