import {content} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {t} from "../lib/strings.js";
import {recent} from "../videos/active.js";

const MOST = 5;

/** The last videos, a glance away from the next one. */
export function recentStrip() {
    const list = h("ul");
    const element = h("nav.recent-strip", {"aria-label": t("stage.recent")}, h("h2", {}, t("stage.recent")), list);
    let shown = null;
    const show = () => {
        const videos = (recent.value ?? []).filter((video) => video.status === "completed").slice(0, MOST);
        const sign = videos.map((video) => video.id).join();
        element.hidden = !videos.length;
        if (sign !== shown) {
            shown = sign;
            fill(
                list,
                videos.map((video) =>
                    h(
                        "li",
                        {},
                        h(
                            "a",
                            {href: `#/video/${video.id}`, title: video.prompt},
                            h("img", {src: content(video.id, "thumbnail"), alt: video.prompt}),
                        ),
                    ),
                ),
            );
        }
    };
    show();
    return {element, end: recent.watch(show)};
}
