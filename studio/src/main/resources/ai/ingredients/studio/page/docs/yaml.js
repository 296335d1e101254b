/**
 * The part of YAML in which API descriptions are written: mappings and sequences by indentation, flow collections,
 * plain, quoted and block scalars, comments. No anchors, tags or several documents; what is not understood is an
 * error with its line.
 */
export function parseYaml(text) {
    const lines = text.split(/\r?\n/).map((raw, number) => ({raw, number: number + 1, indent: raw.search(/\S|$/)}));
    const reader = new Reader(lines);
    return reader.block(0);
}

class Reader {
    constructor(lines) {
        this.lines = lines;
        this.at = 0;
    }

    /** The next line with content; null at the end. */
    peek() {
        while (this.at < this.lines.length && /^\s*(#.*)?$|^---\s*$/.test(this.lines[this.at].raw)) {
            this.at += 1;
        }
        return this.lines[this.at] ?? null;
    }

    /** A value whose lines are indented by at least `least`. */
    block(least) {
        const line = this.peek();
        if (!line || line.indent < least) {
            return null;
        }
        const content = line.raw.slice(line.indent);
        if (/^-(\s|$)/.test(content)) {
            return this.sequence(line.indent);
        }
        return keyOf(content) ? this.mapping(line.indent) : this.scalar(content, line.indent - 1);
    }

    sequence(indent) {
        const items = [];
        for (
            let line = this.peek();
            line && line.indent === indent && /^-(\s|$)/.test(line.raw.slice(indent));
            line = this.peek()
        ) {
            const rest = line.raw.slice(indent + 1);
            if (!rest.trim()) {
                this.at += 1;
                items.push(this.block(indent + 1));
                continue;
            }
            // "- key: value" is a mapping whose first key stands behind the dash.
            const inner = indent + 1 + rest.search(/\S/);
            this.lines[this.at] = {raw: " ".repeat(inner) + line.raw.slice(inner), number: line.number, indent: inner};
            items.push(this.block(inner));
        }
        return items;
    }

    mapping(indent) {
        const made = {};
        for (let line = this.peek(); line && line.indent === indent; line = this.peek()) {
            const content = line.raw.slice(indent);
            const found = keyOf(content);
            if (!found) {
                throw new Error(`line ${line.number}: expected "key: value", found "${content}"`);
            }
            made[found.key] = this.value(found.rest, indent);
        }
        return made;
    }

    /** What stands behind "key:". */
    value(rest, indent) {
        const text = withoutComment(rest).trim();
        if (text === "") {
            this.at += 1;
            const next = this.peek();
            const least =
                next && next.indent === indent && /^-(\s|$)/.test(next.raw.slice(indent)) ? indent : indent + 1;
            return this.block(least);
        }
        if (/^[|>][+-]?\d?$/.test(text)) {
            this.at += 1;
            return this.blockScalar(text, indent);
        }
        return this.scalar(text, indent);
    }

    /** A scalar or flow collection that begins here and may go on over more indented lines. */
    scalar(text, indent) {
        this.at += 1;
        let whole = withoutComment(text).trim();
        for (let line = this.lines[this.at]; line && open(whole); line = this.lines[this.at]) {
            whole += ` ${line.raw.trim()}`;
            this.at += 1;
        }
        if (!/^["'[{]/.test(whole)) {
            for (let line = this.peek(); line && line.indent > indent; line = this.peek()) {
                whole += ` ${withoutComment(line.raw).trim()}`;
                this.at += 1;
            }
        }
        return flow(whole);
    }

    blockScalar(style, indent) {
        const lines = [];
        for (
            let line = this.lines[this.at];
            line && (line.raw.trim() === "" || line.indent > indent);
            line = this.lines[this.at]
        ) {
            lines.push(line.raw);
            this.at += 1;
        }
        const margin = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
        const text = lines
            .map((line) => line.slice(margin))
            .join("\n")
            .replace(/\n+$/, "");
        const folded = style.startsWith(">") ? text.replace(/([^\n])\n(?=[^\n\s])/g, "$1 ") : text;
        return folded && !style.includes("-") ? `${folded}\n` : folded;
    }
}

function keyOf(content) {
    const match = content.match(
        /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'[{|>&*!%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)(.*)$/s,
    );
    return match && {key: String(plain(match[1], true)), rest: match[2]};
}

/** Cuts "# …", which needs a blank before it and does not count within quotes. */
function withoutComment(text) {
    let quote = null;
    for (let at = 0; at < text.length; at += 1) {
        const here = text[at];
        if (quote) {
            quote = here === quote ? null : quote;
        } else if ((here === '"' || here === "'") && /(^|[\s[{,:])$/.test(text.slice(0, at))) {
            quote = here;
        } else if (here === "#" && (at === 0 || /\s/.test(text[at - 1]))) {
            return text.slice(0, at);
        }
    }
    return text;
}

/** Whether a flow collection or quoted scalar has not ended yet. */
function open(text) {
    if (text.startsWith('"')) {
        return !/^"(?:[^"\\]|\\.)*"$/s.test(text);
    }
    if (text.startsWith("'")) {
        return !/^'(?:[^']|'')*'$/s.test(text);
    }
    if (!/^[[{]/.test(text)) {
        return false;
    }
    const bare = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/gs, "");
    return (bare.match(/[[{]/g) ?? []).length > (bare.match(/[\]}]/g) ?? []).length;
}

/** A value on one line. */
function flow(text) {
    if (!/^[[{]/.test(text)) {
        return plain(text, false);
    }
    let at = 0;
    const blanks = () => {
        while (/\s/.test(text[at] ?? "")) {
            at += 1;
        }
    };
    const word = (ends) => {
        blanks();
        const quoted = text.slice(at).match(/^"(?:[^"\\]|\\.)*"|^'(?:[^']|'')*'/s);
        if (quoted) {
            at += quoted[0].length;
            return plain(quoted[0], false);
        }
        const from = at;
        while (
            at < text.length &&
            !ends.includes(text[at]) &&
            !(text[at] === ":" && /[\s,}\]]/.test(text[at + 1] ?? " ") && ends.includes(":"))
        ) {
            at += 1;
        }
        return plain(text.slice(from, at).trim(), false);
    };
    const one = () => {
        blanks();
        if (text[at] === "[") {
            at += 1;
            const items = [];
            for (blanks(); at < text.length && text[at] !== "]"; blanks()) {
                items.push(one());
                blanks();
                at += text[at] === "," ? 1 : 0;
            }
            at += 1;
            return items;
        }
        if (text[at] === "{") {
            at += 1;
            const made = {};
            for (blanks(); at < text.length && text[at] !== "}"; blanks()) {
                const key = word([":", "}", ","]);
                blanks();
                if (text[at] === ":") {
                    at += 1;
                    made[key] = one();
                } else {
                    made[key] = null;
                }
                blanks();
                at += text[at] === "," ? 1 : 0;
            }
            at += 1;
            return made;
        }
        return word([",", "]", "}"]);
    };
    return one();
}

function plain(text, asText) {
    if (/^".*"$/s.test(text)) {
        return JSON.parse(text.replace(/\n/g, " "));
    }
    if (/^'.*'$/s.test(text)) {
        return text.slice(1, -1).replace(/''/g, "'");
    }
    if (asText) {
        return text;
    }
    if (text === "" || text === "~" || text === "null") {
        return null;
    }
    if (text === "true" || text === "false") {
        return text === "true";
    }
    return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isSafeInteger(Math.trunc(Number(text)))
        ? Number(text)
        : text;
}
