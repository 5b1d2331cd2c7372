"""The cells over whole sequences, fast: the same numbers as the unrolled cells, and the same gradients.

`rnn`, `lstm` and `gru` hold the loops over time, forwards and back, each with its derivation; `function`
gives them to autograd. `engines` says who computes when.
"""
