import {post} from "../lib/api.js";
import {fill, h, newId} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {mentions, nameKey} from "../lib/names.js";
import {t} from "../lib/strings.js";
import {toast, toastError} from "../lib/tell.js";
import {cast, prompt, settings} from "./draft.js";
import {ideasMenu} from "./ideas.js";
import {completeMentions} from "./mention-list.js";
import {chosenModel, continuesAPicture} from "./model.js";

/** What happens in the video. Names of people light up in their colours; what is wrong with them is said below. */
export function promptPanel(capabilities, makeButton) {
    const ids = {title: newId("prompt"), notes: newId("notes")};
    const mirror = h("div.prompt-mirror", {"aria-hidden": "true"});
    const area = h("textarea.prompt-area", {
        rows: "3",
        value: prompt.value,
        spellcheck: "true",
        "aria-labelledby": ids.title,
        "aria-describedby": ids.notes,
        maxlength: String(capabilities.value?.limits?.prompt ?? 4000),
    });
    const box = h("div.prompt-box", {}, mirror, area);
    const notes = h("div.prompt-notes", {id: ids.notes});
    const rewrite = rewriteButton(capabilities);
    const panel = h(
        "section.panel.prompt-panel",
        {"aria-labelledby": ids.title},
        h("h2", {id: ids.title}, t("prompt.title")),
        box,
        notes,
        h("div.prompt-foot", {}, h("div.row", {}, ideasMenu(), rewrite.element), makeButton),
    );
    const completion = completeMentions(area, mirror, box);

    area.addEventListener("input", () => {
        prompt.value = area.value;
    });
    const update = () => {
        if (area.value !== prompt.value) {
            area.value = prompt.value;
        }
        const continues = continuesAPicture(chosenModel(capabilities.value, settings.value));
        area.placeholder = t(continues ? "prompt.placeholderFrame" : "prompt.placeholder");
        paint(mirror, prompt.value);
        fill(notes, noteLines(area, continues));
        completion.update();
    };
    const ends = [prompt.watch(update), cast.watch(update), rewrite.end, completion.end];
    update();
    return {element: panel, focus: () => area.focus(), end: () => ends.forEach((end) => end())};
}

/** The same text behind the field, with mentions marked. */
function paint(mirror, text) {
    const parts = [];
    let at = 0;
    for (const mention of mentions(text)) {
        const person = byName(mention.name);
        parts.push(
            text.slice(at, mention.from),
            h("mark", {class: person ? `tone-${person.tone}` : "nobody"}, text.slice(mention.from, mention.to)),
        );
        at = mention.to;
    }
    fill(mirror, parts, text.slice(at), "\u200b");
}

function byName(name) {
    return cast.value.find((person) => person.name && nameKey(person.name) === nameKey(name));
}

function noteLines(area, continues) {
    const said = mentions(prompt.value);
    const strangers = said
        .filter((mention) => !byName(mention.name))
        .map((mention) => mention.name)
        .filter((name, index, all) => all.indexOf(name) === index);
    const silent = cast.value.filter(
        (person) => person.name && !said.some((mention) => nameKey(mention.name) === nameKey(person.name)),
    );
    const lines = strangers
        .filter((name) => !cast.value.some((person) => person.name && nameKey(person.name).startsWith(nameKey(name))))
        .map((name) => h("p.note.warn", {}, icon("warn"), t(continues ? "prompt.strangerFrame" : "prompt.stranger", {name})));
    if (silent.length && said.length) {
        lines.push(
            h(
                "div.note",
                {},
                icon("info"),
                h(
                    "span",
                    {},
                    `${t("prompt.silent")} `,
                    silent.map((person) =>
                        h(
                            "button.chip",
                            {
                                type: "button",
                                class: `tone-${person.tone}`,
                                on: {click: () => insert(area, `@${person.name}`)},
                            },
                            `@${person.name}`,
                        ),
                    ),
                ),
            ),
        );
    } else if (cast.value.length && !said.length) {
        lines.push(
            h(
                "p.small.faint.prompt-tip",
                {},
                `${t("prompt.mentionTip")} `,
                cast.value
                    .filter((person) => person.name)
                    .map((person) =>
                        h(
                            "button.chip",
                            {
                                type: "button",
                                class: `tone-${person.tone}`,
                                on: {click: () => insert(area, `@${person.name}`)},
                            },
                            `@${person.name}`,
                        ),
                    ),
            ),
        );
    }
    return lines;
}

/** Writes `words` where the cursor is, with blanks where they are needed. */
function insert(area, words) {
    const [from, to] = [area.selectionStart, area.selectionEnd];
    const before = area.value.slice(0, from);
    const after = area.value.slice(to);
    const text = `${before && !/\s$/.test(before) ? " " : ""}${words}${/^[\s.,;!?]/.test(after) ? "" : " "}`;
    prompt.value = before + text + after;
    area.focus();
    area.setSelectionRange(from + text.length, from + text.length);
}

function rewriteButton(capabilities) {
    const button = h(
        "button.button.quiet",
        {type: "button", title: t("prompt.rewriteWhy")},
        icon("spark"),
        t("prompt.rewrite"),
    );
    button.addEventListener("click", async () => {
        const before = prompt.value;
        if (!before.trim()) {
            toast(t("prompt.writeFirst"));
            return;
        }
        button.disabled = true;
        try {
            const answer = await post("v1/prompts/rewrite", {
                prompt: before,
                people: cast.value.filter((person) => person.name).map(({id, name, role}) => ({id, name, role})),
            });
            prompt.value = answer.prompt;
            toast(t("prompt.rewritten"), {
                action: t("undo"),
                onAction: () => {
                    prompt.value = before;
                },
            });
        } catch (error) {
            toastError(error);
        } finally {
            button.disabled = false;
        }
    });
    const update = () => {
        button.hidden = !capabilities.value?.rewrite;
    };
    update();
    return {element: button, end: capabilities.watch(update)};
}
