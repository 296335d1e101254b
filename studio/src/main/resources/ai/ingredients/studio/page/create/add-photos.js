import {upload} from "../lib/api.js";
import {freeName, guessName} from "../lib/names.js";
import {announce, explain} from "../lib/tell.js";
import {t} from "../lib/strings.js";
import {tellOthers} from "../lib/tabs.js";
import {changePerson, newPerson, people} from "./draft.js";

/** Every file becomes a person: shown at once, read by the server, then outlined. */
export function addPhotos(files, limits) {
    const added = [];
    for (const file of files) {
        const taken = [...people.value, ...added].map((person) => person.name).filter(Boolean);
        const person = newPerson({
            files: [file],
            preview: URL.createObjectURL(file),
            name: freeName(guessName(file.name) ?? t("people.fallback"), taken),
        });
        people.value = [...people.value, person];
        added.push(person);
    }
    added.forEach((person) => read(person, limits));
}

/** Several people who turned out to be one: their photos together make them better known. */
export async function joinAsOne(several) {
    const [first] = several;
    const files = several.flatMap((person) => person.files);
    people.value = people.value.filter((person) => person === first || !several.includes(person));
    changePerson(first.key, {files, state: "reading", id: null});
    await read({...first, files}, {});
}

/** Somebody of the library joins. */
export function addKnown(known) {
    if (people.value.some((person) => person.id === known.id)) {
        return;
    }
    people.value = [
        ...people.value,
        newPerson({
            id: known.id,
            name: known.name ?? "",
            role: known.role ?? "",
            state: "ready",
            photos: known.photos ?? [],
            photo: known.photo,
        }),
    ];
}

async function read(person, limits) {
    const tooLarge = person.files.find((file) => limits?.bytes && file.size > limits.bytes);
    if (tooLarge) {
        changePerson(person.key, {
            state: "failed",
            error: t("people.tooLarge", {limit: Math.round(limits.bytes / 1e6)}),
        });
        return;
    }
    const form = new FormData();
    person.files.forEach((file, index) => form.append("photo", file, `photo-${index + 1}`));
    if (person.name) {
        form.append("name", person.name);
    }
    try {
        const made = await upload("v1/people", form);
        const now = people.value.find((other) => other.key === person.key);
        if (!now) {
            return;
        }
        changePerson(person.key, {id: made.id, photos: made.photos, photo: made.photo, state: "ready", error: null});
        announce(t("people.read", {name: now.name || t("people.someone")}));
        tellOthers("people");
    } catch (error) {
        changePerson(person.key, {state: "failed", error: explain(error)});
        announce(t("people.unreadable"));
    }
}
