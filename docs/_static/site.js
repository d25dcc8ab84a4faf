"use strict";
/* What theme and gallery leave to be said to readers who do not see the page. */
addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll('p.caption[role="heading"]')) caption.setAttribute("aria-level", "2");
  for (const block of document.querySelectorAll("pre, .content table")) block.setAttribute("tabindex", "0");
  for (const link of document.querySelectorAll(".sphx-glr-thumbcontainer a")) link.setAttribute("aria-label", link.textContent);
});
