"""What a question takes, and where that is too much."""

from rnnviz.gradients.reading import Read

MOST_PRODUCTS = 6 * 10**11  # multiplications: about 20 s of one processor

MOST_BYTES = 2**28  # of tables with a number for each two steps


def check_losses(done: Read, losses: int) -> None:
    """Raises ValueError where a way back from so many losses, each apart, would take too long.

    For every loss and step it takes a multiplication with each weight of the layers; half of them where a
    loss hears only of the steps before it.
    """
    cells = [(layer, cell) for layer, ways in enumerate(done.stack) for cell, _, _ in ways]
    weights = sum(cell.weight_hh.numel() + (cell.weight_ih.numel() if layer else 0) for layer, cell in cells)
    half = losses > 1 and len(done.stack[0]) == 1
    check_products(losses * done.steps * weights // (2 if half else 1), "The losses, each apart,", done.steps)


def check_products(products: int, what: str, steps: int) -> None:
    """Raises ValueError where something takes more than `MOST_PRODUCTS` multiplications."""
    if products > MOST_PRODUCTS:
        raise ValueError(
            f"{what} would take {products:.1e} multiplications over {steps:,} steps, and more than "
            f"{MOST_PRODUCTS:.1e} are not done: give a shorter input, or a smaller model."
        )


def check_tables(count: int, numbers: int, size: int) -> None:
    """Raises ValueError where tables of so many numbers, of `size` bytes each, are too much to keep."""
    if count * numbers * size > MOST_BYTES:
        raise ValueError(
            f"{count} tables of {numbers:,} numbers each are more than is kept, {MOST_BYTES // 2**20} MiB: "
            "give a shorter input."
        )
