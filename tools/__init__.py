"""What maintainers and instructors use, from a clone: slides, benchmark, pages, editions."""
