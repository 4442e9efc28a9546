"""What runs by itself: periodic work, actors that look, the sweep, the relay and the consumer."""
