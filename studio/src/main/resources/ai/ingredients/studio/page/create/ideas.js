import {h} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {menu} from "../lib/menu.js";
import {keysOf, t} from "../lib/strings.js";
import {cast, prompt} from "./draft.js";

/** Beginnings of prompts, with the people who are there. Prompts are English, which models are trained on. */
export function ideasMenu() {
    return menu({
        label: [icon("idea"), t("ideas.title")],
        className: "quiet",
        items: () =>
            keysOf("idea.")
                .filter((key) => key.endsWith(".title"))
                .map((key) => {
                    const text = filled(t(key.replace(".title", ".text")));
                    return h(
                        "button",
                        {
                            type: "button",
                            on: {
                                click: () => {
                                    prompt.value = text;
                                },
                            },
                        },
                        h("span", {}, t(key), h("span.small", {}, text)),
                    );
                }),
    });
}

/** "{people} [walks|walk]" with who is there. */
function filled(pattern) {
    const names = cast.value.map((person) => (person.name ? `@${person.name}` : person.role || "a person"));
    const who = names.length
        ? [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ")
        : "Two people";
    const many = names.length !== 1;
    const text = pattern
        .replace("{people}", who)
        .replace(/\[([^|\]]*)\|([^\]]*)\]/g, (whole, one, more) => (many ? more : one));
    return text.charAt(0).toUpperCase() + text.slice(1);
}
