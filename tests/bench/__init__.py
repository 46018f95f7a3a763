"""Figures of the budgets (docs/architecture.md), as ratios within one run: machines differ and are noisy."""
