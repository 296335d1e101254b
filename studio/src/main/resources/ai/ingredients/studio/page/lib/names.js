/** What people are called: one word of letters, digits and _ that begins with a letter. */
const NAME = /^\p{L}[\p{L}\p{M}\p{N}_]*$/u;

/** Mentions in a prompt, as the engine reads them: not in an e-mail address, and @@ is an @. */
const MENTION = /@@|(?<![\p{L}\p{M}\p{N}_])@(\p{L}[\p{L}\p{M}\p{N}_]*)/gu;

export function isName(text) {
    return NAME.test(text);
}

/** Equal for names that are the same. */
export function nameKey(name) {
    return name.normalize("NFC").toLowerCase();
}

/** The mentions of a prompt in their order: {name, from, to}. */
export function mentions(text) {
    return [...text.matchAll(MENTION)]
        .filter((match) => match[1])
        .map((match) => ({name: match[1], from: match.index, to: match.index + match[0].length}));
}

/** `text` with every mention of one name written as another's. */
export function renameMentions(text, before, after) {
    return text.replace(MENTION, (whole, name) => (name && nameKey(name) === nameKey(before) ? `@${after}` : whole));
}

/** A name that nobody of `taken` has: `wanted`, else `wanted2` and so on. */
export function freeName(wanted, taken) {
    const keys = new Set(taken.map(nameKey));
    for (let number = 1; ; number += 1) {
        const name = number === 1 ? wanted : `${wanted}${number}`;
        if (!keys.has(nameKey(name))) {
            return name;
        }
    }
}

/** A first guess from a file's name; cameras' numbers are nobody's name. */
export function guessName(file) {
    const stem = file.replace(/\.[^.]*$/, "");
    return /^\p{L}{2,16}$/u.test(stem) && !/^(img|dsc|image|photo|foto|bild|unbenannt|untitled|download)$/iu.test(stem)
        ? stem.toLowerCase()
        : null;
}
