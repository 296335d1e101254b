import {post} from "../lib/api.js";
import {h} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {menu} from "../lib/menu.js";
import {t} from "../lib/strings.js";
import {toastError} from "../lib/tell.js";
import {newPerson, people, places, prompt, settings} from "../create/draft.js";
import {takeFirstFrameOf} from "../create/first-frame.js";
import {learn, videosChanged} from "./active.js";

/** The same once more with one thing changed, or as a beginning for something else. */
export function againMenu(video) {
    const entry = (key, picture, action) =>
        h(
            "button",
            {type: "button", data: {again: key}, on: {click: action}},
            icon(picture),
            h("span", {}, t(`again.${key}`), h("span.small", {}, t(`again.${key}.why`))),
        );
    return menu({
        label: [icon("again"), t("again.title")],
        className: "primary",
        placement: "below",
        items: () => [
            entry("seed", "dice", () => remix(video, {seed: String(crypto.getRandomValues(new Uint32Array(1))[0])})),
            entry("four", "compare", () =>
                remix(video, {seed: String(crypto.getRandomValues(new Uint32Array(1))[0]), n: 4}),
            ),
            entry("steps", "spark", () => remix(video, {num_inference_steps: 2 * (video.num_inference_steps ?? 40)})),
            entry("words", "edit", () => takeOver(video)),
        ],
    });
}

async function remix(video, changes) {
    try {
        const made = await post(`v1/videos/${encodeURIComponent(video.id)}/remix`, {prompt: video.prompt, ...changes});
        learn(made);
        videosChanged();
        location.hash = `#/video/${made.id}`;
    } catch (error) {
        toastError(error);
    }
}

/** Fills the page where videos are put together with everything of this one. */
function takeOver(video) {
    takeFirstFrameOf(video);
    people.value = [];
    for (const person of video.people ?? []) {
        if (person.id) {
            people.value = [
                ...people.value,
                newPerson({id: person.id, name: person.name ?? "", role: person.role ?? "", state: "ready"}),
            ];
        }
    }
    prompt.value = video.prompt;
    places.value = Object.fromEntries(
        (video.place ?? [])
            .map((place) => [
                keyOf(place.person),
                {box: boxOf(place.region), from: place.from ?? null, to: place.to ?? null},
            ])
            .filter(([key, place]) => key && place.box),
    );
    const kept = {model: video.model, size: video.size};
    for (const field of [
        "num_frames",
        "num_inference_steps",
        "guidance_scale",
        "image_guidance_scale",
        "negative_prompt",
    ]) {
        if (video[field] !== null && video[field] !== undefined && video[field] !== "") {
            kept[field] = video[field];
        }
    }
    for (const field of ["scheduler", "guidance", "routing", "face_scale", "magcache"]) {
        if (video.extra_params?.[field] !== null && video.extra_params?.[field] !== undefined) {
            kept[field] = video.extra_params[field];
        }
    }
    if (video.seed !== null && video.seed !== undefined) {
        kept.seed = String(video.seed);
    }
    settings.value = kept;
    location.hash = "#/";
}

function keyOf(person) {
    return typeof person === "number"
        ? people.value[person]?.key
        : people.value.find((one) => one.name === person)?.key;
}

function boxOf(region) {
    return Array.isArray(region)
        ? region
        : {left: [0, 0, 0.4, 1], middle: [0.3, 0, 0.7, 1], right: [0.6, 0, 1, 1]}[region];
}
