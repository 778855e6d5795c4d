"""Each stage joined to its effects: load from the store, compute in `stages/`, save to the store."""
