import {personPhoto} from "../lib/api.js";
import {h} from "../lib/dom.js";

/** A person's face, cut from their photo by CSS: the box found there, with some room around. */
export function personPicture(person, size) {
    const photo = usedPhoto(person);
    const image = h("img", {src: personPhoto(person.id, photo?.index ?? 0, size * 4), alt: "", loading: "lazy"});
    const frame = h("span.face-picture", {style: {"--size": `${size}px`}}, image);
    const box = photo && chosenFace(photo)?.box;
    if (box) {
        const [x0, y0, x1, y1] = box;
        const side = Math.min(Math.max(x1 - x0, y1 - y0) * 1.7, photo.width, photo.height);
        const left = Math.min(Math.max((x0 + x1 - side) / 2, 0), photo.width - side);
        const top = Math.min(Math.max((y0 + y1 - side) / 2, 0), photo.height - side);
        image.classList.add("cut");
        image.style.width = `${(photo.width / side) * 100}%`;
        image.style.left = `${(-left / side) * 100}%`;
        image.style.top = `${(-top / side) * 100}%`;
    }
    return frame;
}

/** Of several photos of somebody the one that videos are made from. */
export function usedPhoto(person) {
    return person.photos?.[person.photo ?? 0] ?? person.photos?.[0] ?? null;
}

/** The face that was taken from a photo, by the server or by a click. */
export function chosenFace(photo) {
    return photo.faces?.find((face) => face.index === photo.chosen) ?? photo.faces?.[0] ?? null;
}
