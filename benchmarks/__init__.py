"""How quickly rnnviz computes, as ratios to others that do the same work in the same process.

    python -m benchmarks                                    everything: about 45 minutes on a quiet machine
    python -m benchmarks --only training --settings d2l256 --cells lstm --processes 1
    python -m benchmarks --draw build/speed.json            the README's picture from the numbers of a run

A time alone says as much about the machine and its other programs as about the code. So contenders take
turns in one process, each once a round and in an order that changes, and a ratio is the median over rounds of
its time divided by the reference's time in the same round (`timing`). All of that is done again in fresh
processes, where memory lies otherwise (`processes`); told are the median of their ratios and its spread. One
thread everywhere.

Each part stands in a file of `parts`; what it measures, in `plan`; what has to be reached, in `targets`.
Before anything is timed, the contenders must have computed the same numbers.
"""
