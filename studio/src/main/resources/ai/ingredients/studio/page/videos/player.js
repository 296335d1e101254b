import {content} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * A finished video, playing in a loop; where motion is not wanted it waits for a click. With people it can show who
 * owns which part of the picture.
 */
export function player(video) {
    const [width, height] = video.size.split("x").map(Number);
    const film = h("video.film", {
        src: content(video.id),
        loop: true,
        playsinline: true,
        controls: true,
        preload: "auto",
        poster: content(video.id, "thumbnail"),
        muted: true,
        "aria-label": t("video.label", {prompt: video.prompt}),
        style: {"aspect-ratio": `${width} / ${height}`},
    });
    const frame = h("div.player", {}, film, h("span.made", {}, t("made.short")));
    if (!still.matches) {
        film.autoplay = true;
    }
    if (video.people?.length && has(video, "overlay")) {
        const legend = overlayLegend(video);
        frame.append(overlayButton(video, film, legend), legend);
    }
    return {element: frame, film};
}

/** Whether there is such a file of it; a server that does not say has all. */
export function has(video, variant) {
    return !video.variants?.length || video.variants.includes(variant);
}

/** Whose colour is whose. */
function overlayLegend(video) {
    return h(
        "ul.overlay-legend",
        {hidden: true},
        video.people.map((person, index) =>
            h(
                "li",
                {class: `tone-${(index % 8) + 1}`},
                h("span.dot"),
                person.name || t("overlay.person", {number: index + 1}),
            ),
        ),
    );
}

/** Changes the picture below the running time. */
function overlayButton(video, film, legend) {
    const button = h("button.button.overlay-button", {type: "button", "aria-pressed": "false"});
    const show = (on) => {
        const at = film.currentTime;
        const runs = !film.paused;
        film.src = content(video.id, on ? "overlay" : "video");
        film.addEventListener(
            "loadedmetadata",
            () => {
                film.currentTime = Math.min(at, film.duration || at);
                if (runs) {
                    film.play().catch(() => {});
                }
            },
            {once: true},
        );
        button.setAttribute("aria-pressed", String(on));
        legend.hidden = !on;
        fill(button, icon("layers"), t(on ? "overlay.off" : "overlay.on"));
    };
    film.addEventListener("error", () => {
        if (button.getAttribute("aria-pressed") === "true") {
            show(false);
            button.disabled = true;
            fill(button, icon("layers"), t("overlay.none"));
        }
    });
    fill(button, icon("layers"), t("overlay.on"));
    button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
    return button;
}
