"""What the demo shows: two calls of February 2024 with invented applicants, always the same ones."""
