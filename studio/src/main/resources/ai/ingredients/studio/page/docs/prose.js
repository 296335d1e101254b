import {h} from "../lib/dom.js";

/** Descriptions: paragraphs, lists, code between backticks, bold; everything else is text. */
export function prose(text) {
    return String(text ?? "")
        .trim()
        .split(/\n\s*\n/)
        .filter(Boolean)
        .map((paragraph) => {
            const lines = paragraph.split("\n");
            if (/^\s*```/.test(lines[0])) {
                return h(
                    "pre",
                    {tabindex: "0"},
                    lines
                        .slice(1)
                        .filter((line) => !/^\s*```/.test(line))
                        .join("\n"),
                );
            }
            if (lines.every((line) => /^\s*[-*] |^\s{2,}/.test(line))) {
                const items = [];
                lines.forEach((line) =>
                    /^\s*[-*] /.test(line)
                        ? items.push(line.replace(/^\s*[-*] /, ""))
                        : items.push(`${items.pop() ?? ""} ${line.trim()}`),
                );
                return h(
                    "ul.bullets",
                    {},
                    items.map((item) => h("li", {}, inline(item))),
                );
            }
            return h("p", {}, inline(lines.join(" ")));
        });
}

export function inline(text) {
    return String(text ?? "")
        .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
        .map((part) => {
            if (/^`.*`$/.test(part)) {
                return h("code", {}, part.slice(1, -1));
            }
            return /^\*\*.*\*\*$/.test(part) ? h("strong", {}, part.slice(2, -2)) : part;
        });
}
