import {fill, h, newId, style} from "../lib/dom.js";
import {emptyMark} from "../lib/icons.js";
import {number} from "../lib/format.js";
import {t} from "../lib/strings.js";
import {personPicture} from "../people/picture.js";
import {cast, firstFrame, places, settings} from "./draft.js";
import {chosenModel, continuesAPicture, frameSize, secondsOf} from "./model.js";
import {moveByKeys, moveByPointer} from "./place-moves.js";

/** The frame's columns, as the engine names them. */
const COLUMNS = {left: [0, 0, 0.4, 1], middle: [0.3, 0, 0.7, 1], right: [0.6, 0, 1, 1]};

/**
 * Where people belong: boxes on a sheet of the frame's shape, moved by hand, by keys or by name. A picture that is continued
 * fills it, stretched as the model will see it.
 */
export function frameEditor(capabilities) {
    const hint = h("div.frame-hint");
    const picture = h("img.sheet-picture", {alt: "", hidden: true});
    const sheet = h("div.screen.sheet", {data: {test: "frame"}}, picture);
    const rows = h("div.place-rows");
    const element = h("div.frame-editor", {}, sheet, rows);
    let boxes = new Map();
    let active = null;

    const setPlace = (key, place) => {
        const next = {...places.value};
        if (place) {
            next[key] = place;
        } else {
            delete next[key];
        }
        places.value = next;
    };
    const setBox = (key, box) => setPlace(key, {from: null, to: null, ...places.value[key], box});

    const box = (person) => {
        const made = h(
            "button.place-box",
            {type: "button", class: `tone-${person.tone}`, data: {key: person.key}},
            h("span.place-name"),
            h("span.place-corner", {"aria-hidden": "true"}),
        );
        const now = () => places.value[person.key].box;
        moveByPointer(made, sheet, now, (moved) => setBox(person.key, moved));
        moveByKeys(
            made,
            now,
            (moved) => setBox(person.key, moved),
            () => setPlace(person.key, null),
        );
        made.addEventListener("focus", () => {
            active = person.key;
        });
        return made;
    };

    const show = () => {
        const model = chosenModel(capabilities.value, settings.value);
        const {width, height} = frameSize(model, settings.value);
        style(sheet, {"aspect-ratio": `${width} / ${height}`});
        const placed = present().filter((person) => places.value[person.key]);
        for (const [key, made] of boxes) {
            if (!placed.some((person) => person.key === key)) {
                made.remove();
                boxes.delete(key);
            }
        }
        placed.forEach((person) => {
            if (!boxes.has(person.key)) {
                boxes.set(person.key, box(person));
                sheet.append(boxes.get(person.key));
            }
            const made = boxes.get(person.key);
            const [x0, y0, x1, y1] = places.value[person.key].box;
            style(made, {
                left: `${x0 * 100}%`,
                top: `${y0 * 100}%`,
                width: `${(x1 - x0) * 100}%`,
                height: `${(y1 - y0) * 100}%`,
            });
            const who = person.name || t("people.someone");
            showName(made, person, who);
            made.setAttribute(
                "aria-label",
                t("places.box", {
                    name: who,
                    left: percent(x0),
                    top: percent(y0),
                    width: percent(x1 - x0),
                    height: percent(y1 - y0),
                }),
            );
        });
        if (!hint.parentNode) {
            picture.after(hint);
        }
        const continues = continuesAPicture(model);
        const begins = showPicture(continues);
        const words = continues
            ? ["stage.empty", "frame.emptyWhy"]
            : present().length
              ? ["places.empty", "places.emptyWhy"]
              : ["stage.empty", "stage.emptyWhy"];
        fill(
            hint,
            placed.length || begins
                ? null
                : [emptyMark(), h("p.hint-title", {}, t(words[0])), h("p.small", {}, t(words[1]))],
        );
        showRows(model);
    };

    const showPicture = (continues) => {
        const data = continues ? firstFrame.value?.data : null;
        picture.hidden = !data;
        if (!data) {
            picture.removeAttribute("src");
        } else if (picture.src !== data) {
            picture.src = data;
        }
        sheet.classList.toggle("still", continues);
        return Boolean(data);
    };

    let shownRows = null;
    const showRows = (model) => {
        const sign = JSON.stringify([
            present().map(({key, name, tone}) => [key, name, tone]),
            places.value,
            secondsOf(model, settings.value),
        ]);
        if (sign === shownRows || (rows.contains(document.activeElement) && document.activeElement.type === "number")) {
            return;
        }
        shownRows = sign;
        const focused = rows.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
        fill(
            rows,
            present().map((person) =>
                placeRow(person, places.value[person.key], secondsOf(model, settings.value), setPlace),
            ),
        );
        rows.querySelector(`[data-focus="${focused}"]`)?.focus({preventScroll: true});
    };

    drawNew(
        sheet,
        () =>
            present().find((person) => person.key === active && !places.value[person.key]) ??
            present().find((person) => !places.value[person.key]),
        setBox,
    );
    const ends = [cast, firstFrame, places, settings, capabilities].map((part) => part.watch(show));
    show();
    return {element, end: () => ends.forEach((end) => end())};
}

/**
 * The name on a place, with the face it belongs to; written again only when it changes, for boxes are being dragged.
 */
function showName(box, person, who) {
    const sign = `${person.id} ${who} ${JSON.stringify(person.photos)}`;
    if (box.dataset.shown !== sign) {
        box.dataset.shown = sign;
        fill(
            box.querySelector(".place-name"),
            person.id && person.photos.length > 0 && personPicture(person, 26),
            h("span", {}, who),
        );
    }
}

/** Everybody whose photo can be used. */
function present() {
    return cast.value.filter((person) => person.state !== "failed");
}

function percent(value) {
    return `${number(value * 100, 0)} %`;
}

/** One person's place by name, and for how long it holds. */
function placeRow(person, place, seconds, setPlace) {
    const group = newId("place");
    const which = !place
        ? "anywhere"
        : Object.keys(COLUMNS).find((name) => COLUMNS[name].every((edge, n) => Math.abs(edge - place.box[n]) < 0.001));
    const choose = (name) =>
        setPlace(person.key, name === "anywhere" ? null : {from: null, to: null, ...place, box: COLUMNS[name]});
    const choices = h(
        "div.segments",
        {},
        ["anywhere", "left", "middle", "right"].map((name) =>
            h(
                "label",
                {},
                h("input", {
                    type: "radio",
                    name: group,
                    value: name,
                    checked: which === name,
                    data: {focus: `${person.key}-${name}`},
                    on: {change: () => choose(name)},
                }),
                h("span", {}, t(`places.${name}`)),
            ),
        ),
    );
    return h(
        "fieldset.place-row",
        {class: `tone-${person.tone}`},
        h("legend", {}, h("span.dot"), person.name || t("people.someone")),
        choices,
        place && timeFields(person, place, seconds, setPlace),
    );
}

function timeFields(person, place, seconds, setPlace) {
    const field = (edge, placeholder) => {
        const id = newId(edge);
        const input = h("input.input.slim-input", {
            id,
            type: "number",
            min: "0",
            max: String(seconds),
            step: "0.1",
            value: place[edge] ?? "",
            placeholder,
            data: {focus: `${person.key}-${edge}`},
        });
        input.addEventListener("change", () =>
            setPlace(person.key, {...place, [edge]: input.value === "" ? null : Number(input.value)}),
        );
        return [h("label.small.soft", {for: id}, t(`places.${edge}`)), input];
    };
    return h(
        "div.place-time",
        {},
        field("from", "0"),
        field("to", number(seconds, 1)),
        h("span.small.soft", {}, t("places.seconds")),
    );
}

/** A drag on the empty sheet makes a place for the next person who has none. */
function drawNew(sheet, nextPerson, setBox) {
    sheet.addEventListener("pointerdown", (event) => {
        const person = event.target.closest(".place-box") ? null : nextPerson();
        if (!person || event.button !== 0) {
            return;
        }
        event.preventDefault();
        const whole = sheet.getBoundingClientRect();
        const at = (moved) => [
            Math.min(1, Math.max(0, (moved.clientX - whole.left) / whole.width)),
            Math.min(1, Math.max(0, (moved.clientY - whole.top) / whole.height)),
        ];
        const [x, y] = at(event);
        const move = (moved) => {
            const [toX, toY] = at(moved);
            if (Math.abs(toX - x) > 0.04 && Math.abs(toY - y) > 0.04) {
                setBox(person.key, [Math.min(x, toX), Math.min(y, toY), Math.max(x, toX), Math.max(y, toY)]);
            }
        };
        sheet.setPointerCapture(event.pointerId);
        sheet.addEventListener("pointermove", move);
        const up = () => sheet.removeEventListener("pointermove", move);
        sheet.addEventListener("pointerup", up, {once: true});
        sheet.addEventListener("pointercancel", up, {once: true});
    });
}
