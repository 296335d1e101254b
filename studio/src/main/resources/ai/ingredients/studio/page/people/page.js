import {get, patch} from "../lib/api.js";
import {debounce, fill, h, newId} from "../lib/dom.js";
import {ago, date} from "../lib/format.js";
import {emptyMark, icon} from "../lib/icons.js";
import {isName} from "../lib/names.js";
import {t} from "../lib/strings.js";
import {explain, toast, toastError} from "../lib/tell.js";
import {tellOthers, whenOthersChange} from "../lib/tabs.js";
import {addKnown} from "../create/add-photos.js";
import {changePerson, dropPerson, people} from "../create/draft.js";
import {deletePerson} from "../videos/delete.js";
import {adviceLines, faceChooser} from "./face-chooser.js";
import {usedPhoto} from "./picture.js";

/** The library: everybody whose photos were given, with what they are called and what is known. */
export function peoplePage() {
    const id = newId("filter");
    const search = h("input.input.search-input", {
        id,
        type: "search",
        placeholder: t("library.search"),
        autocomplete: "off",
    });
    const grid = h("ul.library");
    const message = h("div");
    const element = h(
        "div",
        {},
        h(
            "div.page-head",
            {},
            h("div", {}, h("h1", {tabindex: "-1"}, t("library.title")), h("p", {}, t("library.lead"))),
            h(
                "div.search",
                {role: "search"},
                h("label.visually-hidden", {for: id}, t("library.search")),
                icon("search"),
                search,
            ),
        ),
        h("p.consent", {}, icon("hand"), h("span", {}, t("people.consent"))),
        grid,
        message,
    );
    let all = [];

    const show = () => {
        const wanted = search.value.trim().toLowerCase();
        const found = all.filter((person) =>
            `${person.name ?? ""} ${person.role ?? ""}`.toLowerCase().includes(wanted),
        );
        fill(
            grid,
            found.map((person) => libraryCard(person, load)),
        );
        fill(
            message,
            all.length
                ? found.length
                    ? null
                    : h("p.soft", {}, t("library.nothing"))
                : h(
                      "div.empty",
                      {},
                      emptyMark(),
                      h("h2", {}, t("library.empty")),
                      h("p", {}, t("library.emptyWhy")),
                      h("a.button.primary", {href: "#/"}, t("library.begin")),
                  ),
        );
    };
    const load = async () => {
        try {
            const found = [];
            let answer = await get("v1/people?limit=100");
            found.push(...answer.data);
            while (answer.has_more) {
                answer = await get(`v1/people?limit=100&after=${encodeURIComponent(answer.last_id)}`);
                found.push(...answer.data);
            }
            all = found;
            show();
        } catch (error) {
            fill(message, h("p.note.bad", {role: "alert"}, explain(error)));
        }
    };
    search.addEventListener("input", debounce(show, 120));
    const end = whenOthersChange("people", load);
    load();
    return {element, title: t("library.title"), end};
}

function libraryCard(person, onChange) {
    const ids = {name: newId("name"), role: newId("role")};
    const name = h("input.input.name-input", {
        id: ids.name,
        value: person.name ?? "",
        placeholder: t("people.name"),
        autocomplete: "off",
        spellcheck: "false",
    });
    const role = h("input.input", {
        id: ids.role,
        value: person.role ?? "",
        placeholder: t("people.rolePlaceholder"),
        autocomplete: "off",
    });
    name.addEventListener("change", () => {
        const wrong = name.value && !isName(name.value);
        name.setAttribute("aria-invalid", String(Boolean(wrong)));
        if (wrong) {
            toast(t("people.badName"));
        } else {
            keep(person, {name: name.value});
        }
    });
    role.addEventListener("change", () => keep(person, {role: role.value.trim()}));
    const here = people.value.some((one) => one.id === person.id);
    const use = h(
        "button.button",
        {
            type: "button",
            disabled: here,
            on: {
                click: () => {
                    addKnown(person);
                    location.hash = "#/";
                },
            },
        },
        icon("plus"),
        t(here ? "library.inVideo" : "library.use"),
    );
    return h(
        "li.person-card.library-card.tone-7",
        {data: {id: person.id}},
        h("div.person-photo", {}, photos(person, onChange)),
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
            h("label.visually-hidden", {for: ids.role}, t("people.role")),
            role,
            adviceLines(usedPhoto(person)).map((line) => h("p.advice", {}, icon("info"), h("span", {}, line))),
            h(
                "p.tiny.faint",
                {},
                [
                    t("library.photos", {count: person.photos?.length ?? 0}),
                    ago(person.created_at),
                    person.expires_at && t("library.until", {date: date(person.expires_at)}),
                ]
                    .filter(Boolean)
                    .join(" · "),
            ),
            h(
                "div.row.apart",
                {},
                use,
                h(
                    "button.button.quiet.danger.round",
                    {
                        type: "button",
                        "aria-label": t("delete.person", {name: person.name || t("people.someone")}),
                        title: t("delete.button"),
                        on: {
                            click: async () => {
                                if (await deletePerson(person)) {
                                    people.value
                                        .filter((one) => one.id === person.id)
                                        .forEach((one) => dropPerson(one.key));
                                    onChange();
                                }
                            },
                        },
                    },
                    icon("trash"),
                ),
            ),
        ),
    );
}

function photos(person, onChange) {
    const photo = usedPhoto(person);
    return (
        photo &&
        faceChooser({
            person,
            photo,
            onChoose: async (face) => {
                try {
                    const made = await patch(`v1/people/${encodeURIComponent(person.id)}`, {photo: photo.index, face});
                    people.value
                        .filter((one) => one.id === person.id)
                        .forEach((one) => changePerson(one.key, {photos: made.photos, photo: made.photo}));
                    tellOthers("people");
                    onChange();
                } catch (error) {
                    toastError(error);
                }
            },
        })
    );
}

async function keep(person, changes) {
    try {
        await patch(`v1/people/${encodeURIComponent(person.id)}`, changes);
        people.value.filter((one) => one.id === person.id).forEach((one) => changePerson(one.key, changes));
        tellOthers("people");
    } catch (error) {
        toastError(error);
    }
}
