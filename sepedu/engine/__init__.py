"""What no lesson teaches: files, programs, processes and interruptions."""
