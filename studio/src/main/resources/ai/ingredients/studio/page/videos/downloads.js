import {content} from "../lib/api.js";
import {h} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {menu} from "../lib/menu.js";
import {t} from "../lib/strings.js";
import {has} from "./player.js";

const FORMATS = [
    ["video", "mp4"],
    ["gif", "gif"],
    ["webm", "webm"],
    ["frames", "zip"],
    ["spritesheet", "jpg"],
    ["recipe", "json"],
];

/** The video in the form that somebody needs. */
export function downloadMenu(video) {
    return menu({
        label: [icon("download"), t("download.title")],
        placement: "below",
        items: () =>
            FORMATS.filter(([variant]) => has(video, variant)).map(([variant, ending]) =>
                h(
                    "a",
                    {href: content(video.id, variant), download: `${video.id}.${ending}`, data: {variant}},
                    h("span", {}, t(`download.${variant}`), h("span.small", {}, t(`download.${variant}.why`))),
                ),
            ),
    });
}
