"""Schedules, planning, the ledger of prompts, and their delivery."""
