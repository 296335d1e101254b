import {fill, h} from "../lib/dom.js";
import {settings, showPeople} from "./draft.js";
import {firstFramePanel} from "./first-frame-panel.js";
import {chosenModel, continuesAPicture} from "./model.js";
import {peoplePanel} from "./people-panel.js";

/** What the chosen model is given besides words: people, or the picture that it continues. One of both is there at a time. */
export function givenPanel(capabilities) {
    const element = h("div");
    let continues = null;
    let panel = null;
    const show = () => {
        const now = continuesAPicture(chosenModel(capabilities.value, settings.value));
        if (now !== continues) {
            continues = now;
            panel?.end();
            showPeople(!continues);
            panel = (continues ? firstFramePanel : peoplePanel)(capabilities);
            fill(element, panel.element);
        }
    };
    const ends = [settings.watch(show), capabilities.watch(show)];
    show();
    return {
        element,
        end: () => {
            panel.end();
            ends.forEach((end) => end());
        },
    };
}
