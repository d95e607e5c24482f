"""Living figure: which student the metric mutual loss moves, with ZG and without."""

from reprolib.book.living.frame import frame

# Toy distances of three pictures, as two students see them; the first two pictures show
# one person. They are stepped as if they were the weights.
FIRST = ((0.0, 0.3, 0.9), (0.3, 0.0, 1.1), (0.9, 1.1, 0.0))
SECOND = ((0.0, 0.7, 0.5), (0.7, 0.0, 1.3), (0.5, 1.3, 0.0))
RATE, STEPS = 0.5, 12


def html() -> str:
    """Gradient descent on two toy distance matrices, with a switch for ZG.

    With both squares the stop-gradient halves the gradient and changes nothing else;
    one square without it takes the same steps as both with it.
    """
    return frame(
        "stop-gradient",
        title="With one square the stop-gradient decides who moves; with both, only "
        "how fast",
        lead="Toy distances of three pictures a, b and c, as two students see them, "
        "stepped by gradient descent. Take the stop-gradient away, or one square.",
        describe="Two students above the squares of the loss; arrows show where "
        "gradients flow.",
        scripts=("mutual.js", "stop_gradient.js"),
        data={"matrices": [FIRST, SECOND], "rate": RATE, "steps": STEPS},
    )
