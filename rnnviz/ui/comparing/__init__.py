"""Compare: two to four models on one sentence, or two sentences on one model."""
