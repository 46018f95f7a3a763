"""心路 Xinlu: recovery diaries become an emotion curve per journey stage."""
