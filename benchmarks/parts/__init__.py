"""A file for each part of the plan, with `measure(case, seconds, seed) -> Sample`, and what `peers` needs."""
