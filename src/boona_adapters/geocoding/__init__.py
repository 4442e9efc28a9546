"""Who knows where an address is, and how long a way takes: services that may be asked, and need not be."""
