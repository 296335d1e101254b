import {personPhoto} from "../lib/api.js";
import {fill, h, style} from "../lib/dom.js";
import {known, t} from "../lib/strings.js";
import {chosenFace} from "./picture.js";

/**
 * A photo with the faces that were found in it: the chosen one outlined in the person's colour, the others to be
 * clicked.
 *
 * @param onChoose is told the number of a face
 */
export function faceChooser({person, photo, preview, onChoose}) {
    const chosen = chosenFace(photo);
    const picture = h("img", {
        src: preview ?? personPhoto(person.id, photo.index, 640),
        alt: t("people.photoOf", {name: person.name || t("people.someone")}),
    });
    const faces = photo.faces.map((face, number) => {
        const [x0, y0, x1, y1] = face.box;
        const here = face === chosen;
        const label = here
            ? t("face.chosen", {number: number + 1, count: photo.faces.length})
            : t("face.choose", {number: number + 1, count: photo.faces.length});
        const mark =
            photo.faces.length > 1
                ? h("button.face", {
                      type: "button",
                      "aria-pressed": String(here),
                      "aria-label": label,
                      title: label,
                      on: {click: () => !here && onChoose(face.index)},
                  })
                : h("span.face", {role: "img", "aria-label": t("face.only")});
        mark.classList.toggle("chosen", here);
        return style(mark, {
            left: `${(x0 / photo.width) * 100}%`,
            top: `${(y0 / photo.height) * 100}%`,
            width: `${((x1 - x0) / photo.width) * 100}%`,
            height: `${((y1 - y0) / photo.height) * 100}%`,
        });
    });
    const sheet = h("div.photo-sheet", {style: {"aspect-ratio": `${photo.width} / ${photo.height}`}});
    return fill(sheet, picture, faces);
}

/** What is wrong with a photo, in the reader's words where we know the case, else in the server's. */
export function adviceLines(photo) {
    return (photo?.advice ?? []).map((advice) => {
        if (advice.code === "several_faces") {
            return t("face.several", {count: photo.faces.length});
        }
        return known(`advice.${advice.code}`) ? t(`advice.${advice.code}`) : advice.message;
    });
}
