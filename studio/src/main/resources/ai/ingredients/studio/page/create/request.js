import {mentions, nameKey} from "../lib/names.js";
import {continuesAPicture, frameCount, frameSize} from "./model.js";

/** Settings that travel as they are, where they differ from the model's defaults. */
const FIELDS = ["num_inference_steps", "guidance_scale", "image_guidance_scale", "seed", "negative_prompt", "n"];
const EXTRA = ["face_scale", "routing", "scheduler", "guidance", "magcache", "routing_overlay"];

/**
 * What the server is asked for. People whom the prompt does not mention take part without their name.
 *
 * @param people nobody for a model that continues a picture
 * @param firstFrame that picture, as a data URL; a model that shows people would take it for somebody's photo
 */
export function requestOf({model, people, firstFrame, prompt, places, settings}) {
    const said = new Set(
        mentions(`${prompt} ${settings.negative_prompt ?? ""}`).map((mention) => nameKey(mention.name)),
    );
    const body = {
        prompt: prompt.trim(),
        model: model.id,
        size: frameSize(model, settings).size,
        num_frames: frameCount(model, settings),
    };
    if (continuesAPicture(model)) {
        body.input_reference = firstFrame;
    } else {
        body.people = people.map((person) => {
            const called = person.name && said.has(nameKey(person.name));
            return called
                ? {id: person.id, name: person.name, role: person.role || undefined}
                : {id: person.id, name: ""};
        });
    }
    FIELDS.filter((field) => settings[field] !== undefined).forEach((field) => {
        body[field] = settings[field];
    });
    const extra = Object.fromEntries(
        EXTRA.filter((field) => settings[field] !== undefined).map((field) => [field, settings[field]]),
    );
    if (people.length && extra.routing_overlay === undefined) {
        extra.routing_overlay = true;
    }
    if (Object.keys(extra).length) {
        body.extra_params = extra;
    }
    const place = people.map((person, index) => placeOf(index, places[person.key])).filter(Boolean);
    if (place.length) {
        body.place = place;
    }
    return body;
}

function placeOf(index, place) {
    if (!place) {
        return null;
    }
    const made = {person: index, region: place.box.map((edge) => Math.round(edge * 1000) / 1000)};
    if (place.from !== null && place.from !== undefined) {
        made.from = place.from;
    }
    if (place.to !== null && place.to !== undefined) {
        made.to = place.to;
    }
    return made;
}
