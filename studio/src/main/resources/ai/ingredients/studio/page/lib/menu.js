import {h} from "./dom.js";

/**
 * A button that opens a list of buttons or links. Arrow keys move in it, Escape and a click elsewhere close it.
 *
 * @param label the button's content
 * @param items makes the list's elements when it opens
 */
export function menu({label, items, className = "", placement = "", name = null}) {
    const button = h(
        "button.button",
        {type: "button", class: className, "aria-haspopup": "true", "aria-expanded": "false", "aria-label": name},
        label,
    );
    const box = h("div.menu", {}, button);
    let open = null;

    const close = (focus) => {
        open?.remove();
        open = null;
        button.setAttribute("aria-expanded", "false");
        document.removeEventListener("pointerdown", outside);
        if (focus) {
            button.focus();
        }
    };
    const outside = (event) => {
        if (!box.contains(event.target)) {
            close(false);
        }
    };
    const show = () => {
        open = h("div.menu-list", {class: placement}, items());
        open.addEventListener("click", (event) => {
            if (event.target.closest("button, a")) {
                close(false);
            }
        });
        box.append(open);
        button.setAttribute("aria-expanded", "true");
        document.addEventListener("pointerdown", outside);
        open.querySelector("button, a")?.focus();
    };
    button.addEventListener("click", () => (open ? close(false) : show()));
    box.addEventListener("keydown", (event) => {
        if (!open) {
            return;
        }
        const entries = [...open.querySelectorAll("button, a")];
        const at = entries.indexOf(document.activeElement);
        if (event.key === "Escape") {
            event.stopPropagation();
            close(true);
        } else if (event.key === "ArrowDown") {
            event.preventDefault();
            entries[(at + 1) % entries.length]?.focus();
        } else if (event.key === "ArrowUp") {
            event.preventDefault();
            entries[(at - 1 + entries.length) % entries.length]?.focus();
        }
    });
    return box;
}
