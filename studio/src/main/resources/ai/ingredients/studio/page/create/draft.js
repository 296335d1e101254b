import {debounce} from "../lib/dom.js";
import {remember, remembered, tabRemember, tabRemembered} from "../lib/memory.js";
import {signal} from "../lib/signal.js";

/**
 * What is being put together: who, what happens, where, how. Each tab has its own; a new tab begins with the last
 * one that was changed anywhere. Photos are not kept here but by the server, under the people's ids.
 */
const saved = read();

/** [{key, id, name, role, tone, state: "reading" | "ready" | "failed", error, preview, files, photos, photo}] */
export const people = signal((saved.people ?? []).map((person) => ({...person, state: "ready", photos: []})));

let shown = true;

/** Those of {@link people} whom the chosen model shows: nobody while it continues a picture instead. */
export const cast = signal(people.value);
people.watch(() => {
    cast.value = shown ? people.value : [];
});

/** Whether the chosen model shows people. Whom it does not show stays in the draft, for one that does. */
export function showPeople(yes) {
    if (yes !== shown) {
        shown = yes;
        cast.value = shown ? people.value : [];
    }
}

/**
 * The picture that the video begins with, where the chosen model continues one; null for none. It is in this page's memory
 * alone, so that a reload forgets it: {state: "reading" | "ready" | "failed", data, width, height, error}, with `data` as it
 * travels.
 */
export const firstFrame = signal(null);

/** The prompt's text. */
export const prompt = signal(saved.prompt ?? "");

/** {key: {box: [x0, y0, x1, y1], from, to}}: fractions of the frame, seconds or null. */
export const places = signal(saved.places ?? {});

/** What differs from the model's defaults, by field; and `model`. */
export const settings = signal(saved.settings ?? {});

const save = debounce(() => {
    const text = JSON.stringify({
        people: people.value
            .filter((person) => person.id)
            .map(({key, id, name, role, tone}) => ({key, id, name, role, tone})),
        prompt: prompt.value,
        places: places.value,
        settings: settings.value,
    });
    tabRemember("draft", text);
    remember("draft", text);
}, 150);

[people, prompt, places, settings].forEach((part) => part.watch(() => save()));
addEventListener("pagehide", () => save.flush());

let keys = 0;

/** A person who has been added, with a colour that nobody else has as long as there are any left. */
export function newPerson(values) {
    const taken = new Set(people.value.map((person) => person.tone));
    const free = [1, 2, 3, 4, 5, 6, 7, 8].find((tone) => !taken.has(tone)) ?? (people.value.length % 8) + 1;
    keys += 1;
    return {
        key: `${Date.now().toString(36)}-${keys}`,
        id: null,
        name: "",
        role: "",
        tone: free,
        state: "reading",
        error: null,
        preview: null,
        files: [],
        photos: [],
        ...values,
    };
}

/** Changes the person with that key, if still there. */
export function changePerson(key, changes) {
    people.value = people.value.map((person) => (person.key === key ? {...person, ...changes} : person));
}

export function dropPerson(key) {
    const gone = people.value.find((person) => person.key === key);
    if (gone?.preview) {
        URL.revokeObjectURL(gone.preview);
    }
    people.value = people.value.filter((person) => person.key !== key);
    if (places.value[key]) {
        const {[key]: dropped, ...others} = places.value;
        places.value = others;
    }
}

/** Changes one setting; null goes back to the model's default. */
export function changeSetting(name, value) {
    const next = {...settings.value};
    if (value === null || value === undefined || value === "") {
        delete next[name];
    } else {
        next[name] = value;
    }
    settings.value = next;
}

/** Begins anew, and leaves nothing of what was in this browser. */
export function forgetDraft() {
    people.value.forEach((person) => person.preview && URL.revokeObjectURL(person.preview));
    people.value = [];
    firstFrame.value = null;
    prompt.value = "";
    places.value = {};
    settings.value = {};
    save.flush();
    tabRemember("draft", null);
    remember("draft", null);
}

function read() {
    try {
        return JSON.parse(tabRemembered("draft") ?? remembered("draft") ?? "{}");
    } catch {
        return {};
    }
}
