import {fill, h, newId} from "../lib/dom.js";
import {nameKey} from "../lib/names.js";
import {t} from "../lib/strings.js";
import {announce} from "../lib/tell.js";
import {cast, prompt} from "./draft.js";

/** Names offered while one is being typed behind an @. The field keeps the focus; arrows choose, Enter and Tab take. */
export function completeMentions(area, mirror, box) {
    const list = h("ul.mention-list", {
        role: "listbox",
        id: newId("mentions"),
        "aria-label": t("people.title"),
        hidden: true,
    });
    box.append(list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-haspopup", "listbox");
    area.setAttribute("aria-controls", list.id);
    let offered = [];
    let chosen = 0;

    const close = () => {
        offered = [];
        list.hidden = true;
        area.removeAttribute("aria-activedescendant");
    };
    const begun = () => {
        const before = area.value.slice(0, area.selectionStart);
        const match = before.match(/(?:^|[^\p{L}\p{M}\p{N}_@])@([\p{L}\p{M}\p{N}_]*)$/u);
        return match && {typed: match[1], from: before.length - match[1].length - 1, to: area.selectionStart};
    };
    const show = () => {
        fill(
            list,
            offered.map((person, number) =>
                h(
                    "li",
                    {
                        role: "option",
                        id: `${list.id}-${number}`,
                        class: `tone-${person.tone}`,
                        "aria-selected": String(number === chosen),
                        on: {
                            pointerdown: (event) => {
                                event.preventDefault();
                                take(person);
                            },
                        },
                    },
                    h("span.dot"),
                    h("span", {}, `@${person.name}`),
                    person.role && h("span.faint.small", {}, person.role),
                ),
            ),
        );
        area.setAttribute("aria-activedescendant", `${list.id}-${chosen}`);
    };
    const take = (person) => {
        const span = begun();
        if (!span) {
            return;
        }
        const after = area.value.slice(span.to);
        const text = `@${person.name}${/^[\s.,;!?]/.test(after) ? "" : " "}`;
        prompt.value = area.value.slice(0, span.from) + text + after;
        area.setSelectionRange(span.from + text.length, span.from + text.length);
        close();
    };
    const update = () => {
        const span = document.activeElement === area && area.selectionStart === area.selectionEnd ? begun() : null;
        const found = !span
            ? []
            : cast.value.filter(
                  (person) =>
                      person.name &&
                      nameKey(person.name).startsWith(nameKey(span.typed)) &&
                      nameKey(person.name) !== nameKey(span.typed),
              );
        if (!found.length) {
            close();
            return;
        }
        const fresh = list.hidden;
        chosen = Math.min(fresh ? 0 : chosen, found.length - 1);
        offered = found;
        list.hidden = false;
        placeAt(list, mirror, area.value, span.from);
        show();
        if (fresh) {
            announce(t("prompt.offered", {count: found.length}));
        }
    };

    const keys = (event) => {
        if (list.hidden || event.isComposing) {
            return;
        }
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            chosen = (chosen + (event.key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length;
            show();
        } else if (event.key === "Tab" || (event.key === "Enter" && !event.ctrlKey && !event.metaKey)) {
            event.preventDefault();
            take(offered[chosen]);
        } else if (event.key === "Escape") {
            event.preventDefault();
            close();
        }
    };
    area.addEventListener("keydown", keys);
    area.addEventListener("blur", close);
    area.addEventListener("click", update);
    area.addEventListener("keyup", (event) => event.key.startsWith("Arrow") && list.hidden && update());
    return {update, end: () => list.remove()};
}

/** Below the @ that was typed: measured in the text behind the field, which has the same lines. */
function placeAt(list, mirror, text, index) {
    const range = document.createRange();
    let left = index;
    for (const node of nodesOf(mirror)) {
        if (left <= node.length) {
            range.setStart(node, left);
            range.setEnd(node, Math.min(node.length, left + 1));
            break;
        }
        left -= node.length;
    }
    const at = range.getBoundingClientRect();
    const whole = mirror.getBoundingClientRect();
    if (at.height) {
        list.style.left = `${Math.min(at.left - whole.left, Math.max(0, whole.width - 220))}px`;
        list.style.top = `${at.bottom - whole.top + 4}px`;
    }
}

function nodesOf(mirror) {
    const walker = document.createTreeWalker(mirror, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) {
        nodes.push(walker.currentNode);
    }
    return nodes;
}
