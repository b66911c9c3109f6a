"""How questions and answers are written: JSON, columns, and the formats of others."""
