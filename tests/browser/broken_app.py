"""An app that fails, to see what a visitor is shown under our settings."""

raise ValueError("secret-in-a-message")
