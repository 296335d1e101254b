import {patch} from "../lib/api.js";
import {fill, h, newId} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {isName, nameKey, renameMentions} from "../lib/names.js";
import {t} from "../lib/strings.js";
import {toastError} from "../lib/tell.js";
import {tellOthers} from "../lib/tabs.js";
import {adviceLines, faceChooser} from "../people/face-chooser.js";
import {usedPhoto} from "../people/picture.js";
import {changePerson, dropPerson, people, prompt} from "./draft.js";

/** One person of the video: their photo, the found face, what they are called and who they are. */
export function personCard(first, capabilities) {
    let person = first;
    let shown = null;
    const picture = h("div.person-photo");
    const notes = h("div.person-notes");
    const ids = {name: newId("name"), role: newId("role"), why: newId("why"), words: newId("words")};
    const why = h("p.why.wrong.tiny", {id: ids.why, hidden: true});
    const name = h("input.input.name-input", {
        id: ids.name,
        value: person.name,
        autocomplete: "off",
        spellcheck: "false",
        placeholder: t("people.name"),
        "aria-describedby": ids.why,
        maxlength: "40",
    });
    const role = h("input.input", {
        id: ids.role,
        value: person.role,
        autocomplete: "off",
        placeholder: t("people.rolePlaceholder"),
        list: ids.words,
        maxlength: "120",
    });
    const remove = h(
        "button.button.quiet.round.tiny-button",
        {type: "button", on: {click: () => dropPerson(person.key)}},
        icon("close"),
    );
    const element = h(
        "li.person-card",
        {class: `tone-${person.tone}`, data: {key: person.key}},
        picture,
        remove,
        h(
            "div.person-words",
            {},
            h(
                "div.at-field",
                {},
                h("label.visually-hidden", {for: ids.name}, t("people.name")),
                h("span.at", {"aria-hidden": "true"}, "@"),
                name,
            ),
            why,
            h("label.visually-hidden", {for: ids.role}, t("people.role")),
            role,
            h(
                "datalist",
                {id: ids.words},
                roleWords(capabilities.value).map((word) => h("option", {value: word})),
            ),
            notes,
        ),
    );

    name.addEventListener("change", () => rename(person, name, why));
    role.addEventListener("change", () => {
        changePerson(person.key, {role: role.value.trim()});
        keep(person.id, {role: role.value.trim()});
    });

    const update = (next) => {
        person = next;
        remove.setAttribute("aria-label", t("people.takeOut", {name: person.name || t("people.someone")}));
        const state = `${person.state} ${person.id} ${JSON.stringify(person.photos)} ${person.error} ${person.photo}`;
        if (document.activeElement !== name) {
            name.value = person.name;
        }
        if (document.activeElement !== role) {
            role.value = person.role;
        }
        if (state !== shown) {
            shown = state;
            element.dataset.state = person.state;
            showPhoto(person, picture);
            fill(notes, noteLines(person));
        }
    };
    return {element, update};
}

function roleWords(capabilities) {
    return [...new Set((capabilities?.models ?? []).flatMap((model) => model.role_words ?? []))];
}

function rename(person, input, why) {
    const wanted = input.value.trim().replace(/^@/, "");
    const twin = people.value.some(
        (other) => other.key !== person.key && other.name && nameKey(other.name) === nameKey(wanted),
    );
    const wrong = wanted && !isName(wanted) ? t("people.badName") : twin ? t("people.twin", {name: wanted}) : null;
    input.setAttribute("aria-invalid", String(Boolean(wrong)));
    why.hidden = !wrong;
    why.textContent = wrong ?? "";
    if (wrong) {
        return;
    }
    input.value = wanted;
    if (person.name && wanted) {
        prompt.value = renameMentions(prompt.value, person.name, wanted);
    }
    changePerson(person.key, {name: wanted});
    keep(person.id, {name: wanted});
}

/** Writes it into the library too, where the person already is. */
async function keep(id, changes) {
    if (id) {
        try {
            await patch(`v1/people/${id}`, changes);
            tellOthers("people");
        } catch (error) {
            toastError(error);
        }
    }
}

function showPhoto(person, picture) {
    const photo = usedPhoto(person);
    if (person.state === "failed") {
        fill(
            picture,
            person.preview &&
                h("img.plain", {src: person.preview, alt: "", on: {error: (event) => event.target.remove()}}),
            h("span.photo-broken", {}, icon("warn")),
        );
    } else if (!photo) {
        fill(
            picture,
            person.preview &&
                h("img.plain", {src: person.preview, alt: "", on: {error: (event) => event.target.remove()}}),
            h("span.reading", {}, h("span.pulse"), t("people.reading")),
        );
    } else {
        const several =
            person.photos.length > 1 &&
            h(
                "div.photo-strip",
                {role: "group", "aria-label": t("people.photos")},
                person.photos.map((one, number) =>
                    h("button.strip-dot", {
                        type: "button",
                        "aria-pressed": String(one === photo),
                        "aria-label": t("people.photoNumber", {number: number + 1}),
                        on: {click: () => choosePhoto(person, number)},
                    }),
                ),
            );
        fill(
            picture,
            faceChooser({
                person,
                photo,
                preview: person.photos.length > 1 ? null : person.preview,
                onChoose: (face) => chooseFace(person, photo, face),
            }),
            several,
        );
    }
}

async function choosePhoto(person, number) {
    const before = person.photo;
    changePerson(person.key, {photo: number});
    try {
        await patch(`v1/people/${person.id}`, {photo: number});
        tellOthers("people");
    } catch (error) {
        changePerson(person.key, {photo: before});
        toastError(error);
    }
}

async function chooseFace(person, photo, face) {
    const before = person.photos;
    changePerson(person.key, {photos: before.map((one) => (one === photo ? {...one, chosen: face} : one))});
    try {
        const made = await patch(`v1/people/${person.id}`, {photo: photo.index, face});
        changePerson(person.key, {photos: made.photos, photo: made.photo});
        tellOthers("people");
    } catch (error) {
        changePerson(person.key, {photos: before});
        toastError(error);
    }
}

function noteLines(person) {
    if (person.state === "failed") {
        return h("p.note.bad", {role: "alert"}, person.error);
    }
    if (person.state === "reading") {
        return null;
    }
    const photo = usedPhoto(person);
    if (!photo) {
        return null;
    }
    const lines = adviceLines(photo);
    const codes = (photo.advice ?? []).map((advice) => advice.code);
    if (!photo.faces.length && !lines.length) {
        lines.push(t("face.none"));
    }
    if (photo.faces.length > 1 && !codes.includes("several_faces")) {
        lines.push(t("face.several", {count: photo.faces.length}));
    }
    return lines.map((line) => h("p.advice", {}, icon("info"), h("span", {}, line)));
}
