import {content} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {ago, length} from "../lib/format.js";
import {t} from "../lib/strings.js";
import {isActive} from "./active.js";
import {promptWords} from "./prompt-words.js";
import {progressLine, progressWords, stateBadge} from "./progress.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * A video among others: its picture (which moves below the pointer), its prompt, its state.
 *
 * @param onPick is told whether the box for comparing was ticked
 */
export function videoCard(first, {onPick, picked = false}) {
    let video = first;
    const picture = h("div.card-picture", {style: {"aspect-ratio": first.size.replace("x", " / ")}});
    const line = progressLine();
    const meta = h("p.card-meta");
    const words = h("p.card-prompt", {}, promptWords(first));
    const pick = h("input", {
        type: "checkbox",
        checked: picked,
        "aria-label": t("compare.pick", {prompt: first.prompt.slice(0, 80)}),
        on: {change: () => onPick(pick.checked)},
    });
    const element = h(
        "li.video-card",
        {data: {id: first.id}},
        h("a.card-link", {href: `#/video/${first.id}`}, picture, words),
        meta,
        h("label.card-pick", {title: t("compare.this")}, pick),
    );
    let shown = null;

    const update = (next) => {
        video = next;
        element.dataset.state = video.status;
        if (isActive(video)) {
            line.update(video);
            fill(picture, h("span.grain"), h("span.card-progress.numbers", {}, progressWords(video)), line.element);
        } else if (shown !== video.status) {
            fill(
                picture,
                video.status === "completed"
                    ? h("img", {src: content(video.id, "thumbnail"), alt: "", loading: "lazy"})
                    : h(
                          "span.card-progress",
                          {},
                          t(video.error?.code === "cancelled" ? "state.cancelled" : "state.failed"),
                      ),
            );
        }
        shown = video.status;
        pick.parentNode.hidden = video.status !== "completed";
        fill(
            meta,
            isActive(video) ? stateBadge(video) : null,
            h("span", {}, ago(video.created_at)),
            h("span", {}, length(video.seconds)),
            (video.people ?? []).length > 0 && h("span", {}, t("card.people", {count: video.people.length})),
        );
    };
    moveBelowPointer(element, picture, () => video);
    update(first);
    return {
        element,
        createdAt: first.created_at,
        update,
        unpick: () => {
            pick.checked = false;
        },
    };
}

function moveBelowPointer(element, picture, now) {
    let film = null;
    element.addEventListener("pointerenter", (event) => {
        if (event.pointerType === "mouse" && now().status === "completed" && !still.matches) {
            film = h("video", {
                src: content(now().id),
                muted: true,
                loop: true,
                playsinline: true,
                "aria-hidden": "true",
                tabindex: "-1",
            });
            film.play().then(
                () => picture.append(film),
                () => {},
            );
        }
    });
    element.addEventListener("pointerleave", () => {
        film?.remove();
        film = null;
    });
}
