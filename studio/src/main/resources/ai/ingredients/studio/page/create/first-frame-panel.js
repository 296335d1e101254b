import {fill, h, newId} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {announce, toast} from "../lib/tell.js";
import {firstFrame, settings} from "./draft.js";
import {takeFirstFrame} from "./first-frame.js";
import {chosenModel, frameSize} from "./model.js";
import {dropAnywhere, pasteAnywhere} from "./take-files.js";

/** Sides whose ratio differs by less than this look the same. */
const SAME_SHAPE = 0.03;

/** The picture that the video goes on from, for models that continue one: dropped, pasted or chosen here. */
export function firstFramePanel(capabilities) {
    const ids = {title: newId("frame"), words: newId("frame-words")};
    const picker = h("input.visually-hidden", {
        type: "file",
        accept: "image/*",
        tabindex: "-1",
        "aria-hidden": "true",
        data: {test: "first-frame-file"},
    });
    const picture = h("img", {alt: t("frame.alt")});
    const reading = h("span.reading", {}, h("span.pulse"), t("frame.reading"));
    const remove = h(
        "button.button.quiet.round.tiny-button",
        {type: "button", "aria-label": t("frame.remove"), title: t("frame.remove"), data: {test: "remove-first-frame"}},
        icon("close"),
    );
    const shown = h("div.first-frame", {data: {test: "first-frame"}}, picture, reading, remove);
    const drop = h("button.dropzone", {
        type: "button",
        "aria-describedby": ids.words,
        data: {test: "choose-first-frame"},
        on: {click: () => picker.click()},
    });
    const words = h("div.first-frame-words", {id: ids.words});
    const panel = h(
        "section.panel.first-frame-panel",
        {"aria-labelledby": ids.title},
        h("h2", {id: ids.title}, t("frame.title")),
        shown,
        drop,
        words,
        h("p.consent", {}, icon("hand"), h("span", {}, t("people.consent"))),
        picker,
    );

    const take = (files) => {
        const all = [...files];
        const pictures = all.filter((file) => file.type.startsWith("image/"));
        if (all.length > 1) {
            toast(t("frame.onlyOne"));
        }
        takeFirstFrame(pictures[0] ?? all[0], capabilities.value?.limits);
    };
    picker.addEventListener("change", () => {
        if (picker.files.length) {
            take(picker.files);
        }
        picker.value = "";
    });
    remove.addEventListener("click", () => {
        firstFrame.value = null;
        announce(t("frame.removed"));
        drop.focus();
    });

    let before;
    const update = () => {
        const now = firstFrame.value;
        if (now !== before) {
            before = now;
            shown.hidden = !now || now.state === "failed";
            shown.dataset.state = now?.state ?? "none";
            picture.hidden = now?.state !== "ready";
            reading.hidden = now?.state !== "reading";
            if (now?.state === "ready") {
                picture.src = now.data;
            } else {
                picture.removeAttribute("src");
            }
            drop.classList.toggle("slim", !shown.hidden);
            fill(
                drop,
                icon("photo"),
                h(
                    "span.dropzone-text",
                    {},
                    h("strong", {}, t(shown.hidden ? "frame.drop" : "frame.another")),
                    shown.hidden && h("span.soft.small", {}, t("frame.dropMore")),
                ),
            );
        }
        fill(words, wordsOf(now, frameSize(chosenModel(capabilities.value, settings.value), settings.value)));
    };
    const ends = [
        firstFrame.watch(update),
        settings.watch(update),
        capabilities.watch(update),
        dropAnywhere(panel, take),
        pasteAnywhere(take),
    ];
    update();
    return {element: panel, end: () => ends.forEach((end) => end())};
}

function wordsOf(now, size) {
    if (now?.state === "failed") {
        return h("p.note.bad", {role: "alert"}, now.error);
    }
    if (now?.state !== "ready") {
        return null;
    }
    const stretch = (now.width / now.height) * (size.height / size.width);
    return [
        h(
            "p.small.soft",
            {},
            `${now.width} × ${now.height} · ${t("frame.untilReload")}`,
        ),
        Math.abs(Math.log(stretch)) > SAME_SHAPE &&
            h(
                "p.advice",
                {},
                icon("info"),
                h("span", {}, t("frame.stretched", {size: `${size.width} × ${size.height}`})),
            ),
    ];
}
