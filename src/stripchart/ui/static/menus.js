// Menus close when something in them is chosen, when the hand goes elsewhere, and at Escape.
for (const menu of document.querySelectorAll("details.menu")) {
  addEventListener("pointerdown", (event) => menu.contains(event.target) || (menu.open = false));
  menu.addEventListener("click", (event) => event.target.closest("a, button") && (menu.open = false));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
