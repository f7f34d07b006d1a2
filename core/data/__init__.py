"""Data in and out: what ships with the playground, and readers that distrust whatever a visitor sends."""
