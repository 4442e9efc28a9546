"""What Boona does, one class a thing: a frozen value with ports as fields, and the transaction in plain sight."""
