"""The book: opening, running and publishing its chapters."""

from reprolib.book.run import open_run


def open(chapter: str, *parameters: object, **changed: object):
    """Open a chapter and set the look of its figures; as `run.open_run`."""
    from reprolib.book import figures

    figures.style()
    return open_run(chapter, *parameters, **changed)
