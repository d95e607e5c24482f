// What the theme leaves to be done for readers without a mouse.
document.addEventListener("DOMContentLoaded", () => {
  // The arrows of the side bar open lists; they say so.
  for (const arrow of document.querySelectorAll("nav summary:not([aria-label])")) {
    arrow.setAttribute("aria-label", "the pages below");
  }
  // The works of a bibliography are the items of its list.
  for (const work of document.querySelectorAll(".citation-list > .citation")) {
    work.setAttribute("role", "listitem");
  }
  // What scrolls sideways can be reached with the keyboard.
  const wide = "pre, .cell_output, .pst-scrollable-table-container, mjx-container";
  const reach = () => {
    for (const box of document.querySelectorAll(wide)) {
      if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) {
        box.setAttribute("tabindex", "0");
      }
    }
  };
  reach();
  addEventListener("load", reach);
  addEventListener("resize", reach);
});
