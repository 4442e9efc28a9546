"""What never happens, tried by killing and freezing processes."""
