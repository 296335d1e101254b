import {remember, remembered} from "./memory.js";

export const LANGUAGES = ["en", "de"];

let strings = {};
let language = "en";
let plurals = new Intl.PluralRules("en");

/** Reads the strings of the reader's language; English where the browser asks for another. */
export async function loadStrings() {
    const wanted = remembered("language") ?? navigator.language.slice(0, 2);
    language = LANGUAGES.includes(wanted) ? wanted : "en";
    const answer = await fetch(`strings/${language}.json`);
    strings = await answer.json();
    plurals = new Intl.PluralRules(language);
    document.documentElement.lang = language;
}

export function currentLanguage() {
    return language;
}

export function chooseLanguage(next) {
    remember("language", next);
    location.reload();
}

/** The text of a key with `{name}`s filled in. A value called `count` chooses between `key.one` and `key.other`. */
export function t(key, values = {}) {
    const plural = "count" in values ? `${key}.${plurals.select(Number(values.count))}` : key;
    const text = strings[plural] ?? strings[`${key}.other`] ?? strings[key];
    if (text === undefined) {
        return key;
    }
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Whether there is such a text. */
export function known(key) {
    return key in strings;
}

/** All keys that begin with `prefix`, in the order of the file. */
export function keysOf(prefix) {
    return Object.keys(strings).filter((key) => key.startsWith(prefix));
}
