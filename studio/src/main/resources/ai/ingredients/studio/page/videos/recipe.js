import {h} from "../lib/dom.js";
import {date, duration, length, megabytes, number} from "../lib/format.js";
import {known, t} from "../lib/strings.js";

/** What a reader of a recipe looks for, first things first: field and how it is written. */
const LINES = [
    ["negative_prompt", (video) => video.negative_prompt],
    ["model", (video) => video.model],
    ["size", (video) => video.size.replace("x", " × ")],
    ["length", (video) => lengthWords(video)],
    ["seed", (video) => video.seed ?? video.recipe?.seed],
    ["num_inference_steps", (video) => video.num_inference_steps],
    ["guidance_scale", (video) => scale(video.guidance_scale)],
    ["image_guidance_scale", (video) => scale(video.image_guidance_scale)],
    ["place", placeWords],
    ["made", (video) => video.completed_at && date(video.completed_at)],
    ["took", (video) => video.inference_time_s && duration(video.inference_time_s)],
    ["memory", (video) => video.peak_memory_mb && megabytes(video.peak_memory_mb)],
    ["expires", (video) => video.expires_at && date(video.expires_at)],
];

/** Field and words of everything that made a video, where it is known. */
export function recipeLines(video) {
    return LINES.map(([field, words]) => [field, words(video)])
        .filter(([, words]) => words !== null && words !== undefined && words !== "")
        .map(([field, words]) => ({
            field,
            label: known(`recipe.${field}`) ? t(`recipe.${field}`) : t(`settings.${field}`),
            words: String(words),
        }));
}

export function recipeList(video) {
    return h(
        "dl.recipe",
        {},
        recipeLines(video).map(({label, words}) => h("div", {}, h("dt", {}, label), h("dd.numbers", {}, words))),
    );
}

function lengthWords(video) {
    const frames = video.num_frames && t("settings.frames", {count: video.num_frames});
    return [length(video.seconds), frames].filter(Boolean).join(" · ");
}

function scale(value) {
    return value === null || value === undefined ? null : number(value);
}

function placeWords(video) {
    return (video.place ?? [])
        .map((place) => {
            const person =
                typeof place.person === "number"
                    ? video.people?.[place.person]?.name || `${place.person + 1}`
                    : place.person;
            const region = Array.isArray(place.region)
                ? place.region.map((edge) => number(edge)).join(" – ")
                : t(`places.${place.region}`);
            return `${person}: ${region}`;
        })
        .join("; ");
}
