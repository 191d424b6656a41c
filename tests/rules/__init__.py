"""Pure decisions: no store, no bus."""
