import {get} from "../lib/api.js";
import {fill, h, newId} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {menu} from "../lib/menu.js";
import {t} from "../lib/strings.js";
import {personPicture} from "../people/picture.js";
import {addKnown, addPhotos, joinAsOne} from "./add-photos.js";
import {people} from "./draft.js";
import {personCard} from "./person-card.js";
import {dropAnywhere, pasteAnywhere} from "./take-files.js";

/** Who is in the video: photos are dropped, pasted or chosen here. */
export function peoplePanel(capabilities) {
    const picker = h("input.visually-hidden", {
        type: "file",
        accept: "image/*",
        multiple: true,
        tabindex: "-1",
        "aria-hidden": "true",
        data: {test: "photos"},
    });
    const cards = h("ul.people-cards");
    const hint = h("div.people-hint");
    const drop = h("button.dropzone", {type: "button", on: {click: () => picker.click()}});
    const title = newId("people");
    const panel = h(
        "section.panel.people-panel",
        {"aria-labelledby": title},
        h("div.row.apart", {}, h("h2", {id: title}, t("people.title")), fromLibrary()),
        cards,
        drop,
        hint,
        h("p.consent", {}, icon("hand"), h("span", {}, t("people.consent"))),
        picker,
    );

    const limits = () => capabilities.value?.limits ?? {};
    const take = (files) => {
        const pictures = [...files].filter((file) => file.type.startsWith("image/") || file.type === "");
        const strange = [...files].filter((file) => !pictures.includes(file));
        addPhotos([...pictures, ...strange], limits());
    };
    picker.addEventListener("change", () => {
        take(picker.files);
        picker.value = "";
    });

    const known = new Map();
    const update = () => {
        const now = people.value;
        for (const [key, card] of known) {
            if (!now.some((person) => person.key === key)) {
                card.element.remove();
                known.delete(key);
            }
        }
        now.forEach((person, index) => {
            let card = known.get(person.key);
            if (!card) {
                card = personCard(person, capabilities);
                known.set(person.key, card);
            }
            if (cards.children[index] !== card.element) {
                cards.insertBefore(card.element, cards.children[index] ?? null);
            }
            card.update(person);
        });
        cards.hidden = !now.length;
        drop.classList.toggle("slim", now.length > 0);
        fill(
            drop,
            icon(now.length ? "plus" : "photo"),
            h(
                "span.dropzone-text",
                {},
                h("strong", {}, t(now.length ? "people.another" : "people.drop")),
                !now.length && h("span.soft.small", {}, t("people.dropMore")),
            ),
        );
        fill(hint, oneOrSeveral(now));
    };
    const ends = [people.watch(update), dropAnywhere(panel, take), pasteAnywhere(take)];
    update();
    return {element: panel, end: () => ends.forEach((end) => end())};
}

/** Photos that came together may all be of one person. */
function oneOrSeveral(now) {
    const fresh = now.filter((person) => person.state === "ready" && person.files?.length);
    return (
        fresh.length > 1 &&
        h(
            "p.small.soft",
            {},
            `${t("people.each")} `,
            h("button.link", {type: "button", on: {click: () => joinAsOne(fresh)}}, t("people.joinAll")),
        )
    );
}

function fromLibrary() {
    const list = h("div.library-list", {}, h("p.small.faint", {}, t("loading")));
    return menu({
        label: [icon("library"), t("people.fromLibrary")],
        className: "quiet",
        placement: "below end",
        items: () => {
            get("v1/people?limit=100")
                .then((answer) => {
                    const here = new Set(people.value.map((person) => person.id));
                    const others = answer.data.filter((person) => !here.has(person.id));
                    fill(
                        list,
                        others.length
                            ? others.map((person) =>
                                  h(
                                      "button",
                                      {type: "button", on: {click: () => addKnown(person)}},
                                      personPicture(person, 40),
                                      h(
                                          "span",
                                          {},
                                          person.name || t("people.unnamed"),
                                          person.role && h("span.small", {}, person.role),
                                      ),
                                  ),
                              )
                            : h("p.small.faint.menu-note", {}, t("people.libraryEmpty")),
                    );
                })
                .catch(() => fill(list, h("p.small.faint.menu-note", {}, t("error.unreachable"))));
            return list;
        },
    });
}
