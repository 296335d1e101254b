import {get} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {emptyMark, icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {explain, toast} from "../lib/tell.js";
import {whenOthersChange} from "../lib/tabs.js";
import {watchView} from "../create/watch-view.js";
import {personPicture} from "../people/picture.js";
import {isActive} from "./active.js";
import {againMenu} from "./again.js";
import {deleteVideo} from "./delete.js";
import {downloadMenu} from "./downloads.js";
import {promptWords} from "./prompt-words.js";
import {player} from "./player.js";
import {recipeList} from "./recipe.js";

/** One video: to look at, to take along, to make again, to delete; and everything it was made of. */
export function videoPage(id) {
    const element = h(
        "div.video-page",
        {},
        h("h1.visually-hidden", {tabindex: "-1"}, t("video.title")),
        h("p.soft", {}, t("loading")),
    );
    let view = null;
    let ended = false;

    const gone = () => {
        drop();
        fill(
            element,
            h(
                "div.empty",
                {},
                emptyMark(),
                h("h1", {tabindex: "-1"}, t("video.gone")),
                h("p", {}, t("video.goneWhy")),
                h("a.button", {href: "#/gallery"}, t("gallery.title")),
            ),
        );
    };
    const drop = () => {
        view?.end();
        view = null;
    };
    const show = (video) => {
        drop();
        let picture;
        if (video.status === "completed") {
            picture = player(video).element;
        } else {
            view = watchView(video, {onOver: () => isActive(video) && load()});
            picture = view.element;
        }
        fill(
            element,
            h("div.video-main", {}, picture, buttons(video)),
            h(
                "div.video-side",
                {},
                words(video),
                cast(video),
                h("h2", {}, t("recipe.title")),
                recipeList(video),
                rawRecipe(video),
                h("p.made-note", {}, icon("spark"), h("span", {}, t("made.long"))),
            ),
        );
    };
    const buttons = (video) =>
        h(
            "div.row.video-buttons",
            {},
            video.status === "completed" && [
                againMenu(video),
                downloadMenu(video),
                h("a.button", {href: `#/compare/${id}`}, icon("compare"), t("compare.with")),
            ],
            video.status === "failed" && againMenu(video),
            !isActive(video) &&
                h(
                    "button.button.danger",
                    {
                        type: "button",
                        data: {test: "delete"},
                        on: {
                            click: async () => {
                                if (await deleteVideo(video)) {
                                    location.hash = "#/gallery";
                                }
                            },
                        },
                    },
                    icon("trash"),
                    t("delete.button"),
                ),
        );
    const load = async () => {
        try {
            const video = await get(`v1/videos/${encodeURIComponent(id)}`);
            if (!ended) {
                show(video);
            }
        } catch (error) {
            if (error.status === 404 || error.status === 410) {
                gone();
            } else {
                fill(element, h("p.note.bad", {role: "alert"}, explain(error)));
            }
        }
    };
    const stopListening = whenOthersChange("videos", () =>
        get(`v1/videos/${encodeURIComponent(id)}`).catch(
            (error) => (error.status === 404 || error.status === 410) && gone(),
        ),
    );
    load();
    return {
        element,
        title: t("video.title"),
        end: () => {
            ended = true;
            drop();
            stopListening();
        },
    };
}

function words(video) {
    return [
        h("h1.video-prompt", {tabindex: "-1"}, promptWords(video)),
        video.remixed_from_video_id &&
            h(
                "p.small.soft",
                {},
                `${t("video.remixOf")} `,
                h("a", {href: `#/video/${video.remixed_from_video_id}`}, t("video.remixed")),
            ),
    ];
}

function cast(video) {
    return (
        (video.people ?? []).length > 0 &&
        h(
            "ul.cast",
            {},
            video.people.map((person, index) =>
                h(
                    "li",
                    {class: `tone-${(index % 8) + 1}`},
                    person.id ? castPicture(person) : h("span.face-picture"),
                    h(
                        "span",
                        {},
                        person.name || t("people.someone"),
                        person.role && h("span.small.faint.block", {}, person.role),
                    ),
                ),
            ),
        )
    );
}

/** The face as the library knows it, while it does. */
function castPicture(person) {
    const frame = h("span.cast-frame");
    get(`v1/people/${encodeURIComponent(person.id)}`)
        .then((known) => fill(frame, personPicture(known, 40)))
        .catch(() => fill(frame, h("span.face-picture", {title: t("people.goneShort")}, icon("person"))));
    return frame;
}

function rawRecipe(video) {
    if (!video.recipe) {
        return null;
    }
    const text = JSON.stringify(video.recipe, null, 2);
    const copy = h(
        "button.button.quiet",
        {
            type: "button",
            on: {
                click: async () => {
                    try {
                        await navigator.clipboard.writeText(text);
                        toast(t("copied"));
                    } catch {
                        toast(t("copyFailed"));
                    }
                },
            },
        },
        icon("copy"),
        t("copy"),
    );
    return h(
        "details.disclose",
        {},
        h("summary", {}, t("recipe.whole")),
        h("div.raw", {}, copy, h("pre", {tabindex: "0"}, text)),
    );
}
