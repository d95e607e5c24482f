// What the theme leaves to be done for readers without a mouse.
document.addEventListener("DOMContentLoaded", () => {
  // The arrows of the side bar open lists; they say so.
  for (const arrow of document.querySelectorAll("nav summary:not([aria-label])")) {
    arrow.setAttribute("aria-label", "the pages below");
  }
  // What scrolls sideways can be reached with the keyboard, and has a name.
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
