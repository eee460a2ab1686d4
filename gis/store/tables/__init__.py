"""Every table, once. What the words mean: `docs/glossary.md`; why so: `docs/decisions/`."""
