"""The page Memory: what is asked of the visitor, what is computed, and its sections one by one."""
