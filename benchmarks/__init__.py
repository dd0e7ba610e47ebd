"""Speed, measured beside a floor: `make bench` (docs/operations.md, « Measuring »)."""
