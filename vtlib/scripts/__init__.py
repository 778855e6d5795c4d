"""Scripts as values: what a script is, its text forms, its history's rules. Pure: text and values only."""
