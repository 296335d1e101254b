import {h} from "../lib/dom.js";
import {mentions, nameKey} from "../lib/names.js";

/** A prompt with its people in their colours, which are those of the picture of who is where. */
export function promptWords(video) {
    const parts = [];
    let at = 0;
    for (const mention of mentions(video.prompt)) {
        const index = (video.people ?? []).findIndex(
            (person) => person.name && nameKey(person.name) === nameKey(mention.name),
        );
        if (index >= 0) {
            parts.push(
                video.prompt.slice(at, mention.from),
                h("mark", {class: `tone-${(index % 8) + 1}`}, video.prompt.slice(mention.from, mention.to)),
            );
            at = mention.to;
        }
    }
    return [...parts, video.prompt.slice(at)];
}
