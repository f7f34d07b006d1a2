"""What joins capabilities: stories that need more than one of them."""
