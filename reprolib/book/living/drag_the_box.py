"""Living figure: a box that the reader moves, and what it does to both distances."""

from reprolib.book import diagrams
from reprolib.book.living import pictures
from reprolib.book.living.frame import frame

# The query is the left picture of chapter 2, the scene a wide shot of the right one.
QUERY, SCENE = (40, 1, 0), (40, 5, 2)
# Strangers in good boxes: one in other colours, one in a shirt of the query's blue.
STRANGERS = {"in an orange jacket": (1, 5, 1), "in a blue shirt": (36, 5, 1)}


def html() -> str:
    """Stripes, table, path and both distances follow the box, from the pixels up."""
    query, scene = pictures.shot(*QUERY), pictures.shot(*SCENE, room=pictures.ROOM)
    strangers = {name: pictures.shot(*who) for name, who in STRANGERS.items()}
    return frame(
        "drag-the-box",
        title="A box in the wrong place: which distance still finds her?",
        lead="Drag the box over the scene, or move it with the sliders; on the box "
        "itself, arrow keys move it, plus and minus change its size. The stranger "
        "stands in a good box. One pair proves nothing: the chapter counts many.",
        describe="A query, and a wide shot of the same drawn person by another camera, "
        "with a box on it that can be moved.",
        scripts=("paths.js", "align.js", "pixels.js", "drag_the_box.js"),
        data={
            "query": pictures.address(query),
            "scene": pictures.address(scene),
            "strangers": [[k, pictures.address(v)] for k, v in strangers.items()],
            "stripes": pictures.STRIPES,
            "middle": pictures.middle(query.shape[2]),
            "far": diagrams.FAR,
        },
    )
