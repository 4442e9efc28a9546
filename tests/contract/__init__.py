"""What the ports promise, asked of every adapter that keeps them."""
