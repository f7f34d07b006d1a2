"""Evidence on whether an attribution can be believed; one metric per module, each with its caveat."""
