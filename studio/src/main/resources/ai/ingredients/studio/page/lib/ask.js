import {fill, h, newId} from "./dom.js";
import {t} from "./strings.js";

/**
 * Asks before something that cannot be taken back.
 *
 * @param lines what will happen, a paragraph each
 * @returns whether the answer was yes
 */
export function ask({title, lines, yes, danger = true}) {
    const id = newId("ask");
    return new Promise((resolve) => {
        const dialog = h("dialog", {"aria-labelledby": id});
        const close = (answer) => {
            dialog.close();
            dialog.remove();
            resolve(answer);
        };
        dialog.addEventListener("cancel", (event) => {
            event.preventDefault();
            close(false);
        });
        fill(
            dialog,
            h("h2", {id}, title),
            lines.map((line) => h("p.soft.small", {}, line)),
            h(
                "div.row",
                {},
                h("button.button", {type: "button", on: {click: () => close(false)}}, t("no")),
                h(
                    "button.button.primary",
                    {
                        type: "button",
                        class: danger ? "danger" : "",
                        data: {answer: "yes"},
                        on: {click: () => close(true)},
                    },
                    yes,
                ),
            ),
        );
        document.body.append(dialog);
        dialog.showModal();
    });
}
