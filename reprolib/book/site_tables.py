"""Tables that pandas shows, as the site sets them: words left, numbers right."""

import re

from bs4 import BeautifulSoup, Tag

NUMBER = re.compile(r"[-+]?\d|-?$|nan$", re.IGNORECASE)  # a dash: nothing there


def aligned(html: str) -> str:
    """Mark the cells of numeric columns, headings too, with the class `number`.

    A column is numeric when each of its values begins with a number or is missing. What
    pandas says of alignment itself is taken out; the site's style sheet says it.
    """
    page = BeautifulSoup(html, "html.parser")
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
    return str(page)


def _headings(table: Tag, place: int) -> list[Tag]:
    """The headings of one column, counted from the right; none that spans several."""
    rows = [row.find_all("th") for row in table.thead.find_all("tr")]
    return [row[place] for row in rows if not any(th.has_attr("colspan") for th in row)]
