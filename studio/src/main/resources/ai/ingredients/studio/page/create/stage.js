import {content} from "../lib/api.js";
import {fill, h, newId} from "../lib/dom.js";
import {t} from "../lib/strings.js";
import {recent} from "../videos/active.js";
import {progressWords} from "../videos/progress.js";
import {settings} from "./draft.js";
import {frameEditor} from "./frame-editor.js";
import {chosenModel, continuesAPicture} from "./model.js";
import {watchView} from "./watch-view.js";

/**
 * The frame: first a sheet to say where people belong, then the window on what is being made, then the screen.
 *
 * @param watched a signal with the ids of the videos that this tab watches, first the one in front
 */
export function stage(capabilities, watched) {
    const editor = frameEditor(capabilities);
    const body = h("div.stage-body");
    const strip = h("div.stage-strip", {role: "group", "aria-label": t("stage.together")});
    const name = newId("stage");
    const places = h("span");
    const tabs = h(
        "fieldset.segments.stage-tabs",
        {},
        h("legend.visually-hidden", {}, t("stage.shows")),
        tab(name, "places", places),
        tab(name, "result", h("span", {}, t("stage.result"))),
    );
    const element = h("section.stage", {"aria-label": t("stage.title")}, tabs, body, strip);
    let view = null;
    let mode = watched.value.length ? "result" : "places";
    let front = watched.value[0] ?? null;

    tabs.addEventListener("change", (event) => {
        mode = event.target.value;
        show();
    });

    const show = () => {
        const ids = watched.value;
        tabs.hidden = !ids.length;
        tabs.querySelector(`input[value="${mode}"]`).checked = true;
        const video = mode === "result" && (recent.value ?? []).find((one) => one.id === front);
        if (mode === "places" || !ids.length) {
            drop();
            if (body.firstChild !== editor.element) {
                fill(body, editor.element);
            }
        } else if (video && view?.id !== video.id) {
            drop();
            view = {id: video.id, ...watchView(video)};
            fill(body, view.element);
        } else if (!video && !view) {
            fill(body, h("div.screen", {}, h("div.screen-note", {}, h("span.pulse"))));
        }
        showStrip(ids);
    };
    const drop = () => {
        view?.end();
        view = null;
    };
    const showStrip = (ids) => {
        const others = ids.map((id) => (recent.value ?? []).find((one) => one.id === id)).filter(Boolean);
        strip.hidden = mode !== "result" || others.length < 2;
        if (!strip.hidden) {
            const focused = strip.contains(document.activeElement) ? document.activeElement.dataset.id : null;
            fill(
                strip,
                others.map((video) =>
                    stripButton(video, video.id === front, () => {
                        front = video.id;
                        show();
                    }),
                ),
            );
            strip.querySelector(`[data-id="${focused}"]`)?.focus();
        }
    };
    const sayWhat = () => {
        const continues = continuesAPicture(chosenModel(capabilities.value, settings.value));
        places.textContent = t(continues ? "frame.title" : "stage.places");
    };
    sayWhat();
    const ends = [
        settings.watch(sayWhat),
        capabilities.watch(sayWhat),
        recent.watch(show),
        watched.watch((ids) => {
            mode = ids.length ? "result" : "places";
            front = ids[0] ?? null;
            show();
        }),
    ];
    show();
    return {
        element,
        end: () => {
            drop();
            editor.end();
            ends.forEach((end) => end());
        },
    };
}

function tab(name, value, words) {
    return h("label", {}, h("input", {type: "radio", name, value}), words);
}

function stripButton(video, inFront, onClick) {
    const seed = video.seed ?? video.recipe?.seed;
    const label = seed === undefined || seed === null ? progressWords(video) : t("stage.seed", {seed});
    return h(
        "button.strip-button",
        {
            type: "button",
            "aria-pressed": String(inFront),
            data: {id: video.id, state: video.status},
            on: {click: onClick},
        },
        video.status === "completed"
            ? h("img", {src: content(video.id, "thumbnail"), alt: ""})
            : h(
                  "span.strip-state",
                  {},
                  video.status === "in_progress"
                      ? `${Math.round(video.progress ?? 0)} %`
                      : t(`state.short.${video.status}`),
              ),
        h("span.strip-label", {}, label),
    );
}
