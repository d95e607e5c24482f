"""What cells put out, as the site sets it: sentences as text, numbers to the right."""

import html
import re

from bs4 import BeautifulSoup, Tag

LISTED = re.compile(r"^\s|\S  +\S", re.MULTILINE)  # lines that are set in columns
NUMBER = re.compile(r"[-+]?\d|-?$|nan$", re.IGNORECASE)  # a dash: nothing there


def said(text: str) -> str | None:
    """Printed sentences as a paragraph of HTML; None where `text` is something else.

    A line that ends a sentence ends a line of the paragraph; others flow on. Columns,
    code and what ends without a full stop stay as they were printed.
    """
    if LISTED.search(text) or not text.rstrip().endswith((".", "?", ":")):
        return None
    flowing = re.sub(r"(?<![.?:])\n", " ", html.escape(text.strip(), quote=False))
    return f'<p class="said">{flowing.replace(chr(10), "<br>")}</p>'


def aligned(table: str) -> str:
    """Mark the cells of numeric columns, headings too, with the class `number`.

    A column is numeric when each of its values begins with a number or is missing. What
    pandas says of alignment itself is taken out; the site's style sheet says it. The
    names of the index, to which pandas gives a row, go up into the corner.
    """
    page = BeautifulSoup(table, "html.parser")
    for style in page.find_all("style"):
        style.decompose()
    for table in page.find_all("table", "dataframe"):
        rows = table.tbody.find_all("tr")
        columns = list(zip(*(row.find_all("td") for row in rows), strict=True))
        for place, column in enumerate(columns):
            if all(NUMBER.match(cell.get_text(strip=True)) for cell in column):
                for cell in (*column, *_headings(table, place - len(columns))):
                    cell["class"] = "number"
        for row in table.thead.find_all("tr"):
            del row["style"]
        _names_into_corner(table)
    return str(page)


def _names_into_corner(table: Tag) -> None:
    """Move the names of the index from a row of their own into the one above."""
    *above, last = table.thead.find_all("tr")
    levels = len(table.tbody.tr.find_all("th"))
    names = last.find_all("th")
    if not above or any(th.get_text(strip=True) for th in names[levels:]):
        return
    corners = above[-1].find_all("th")[:levels]
    for corner, name in zip(corners, names[:levels], strict=True):
        corner.string = name.get_text()
    last.decompose()


def _headings(table: Tag, place: int) -> list[Tag]:
    """The headings of one column, counted from the right; none that spans several."""
    rows = [row.find_all("th") for row in table.thead.find_all("tr")]
    return [row[place] for row in rows if not any(th.has_attr("colspan") for th in row)]
