"""The facts that Boona keeps, each told by a test; `databases` and `needs` hold what the tests stand on."""
