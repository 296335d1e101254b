import {fill, h} from "../lib/dom.js";
import {duration} from "../lib/format.js";
import {t} from "../lib/strings.js";

/** Where a video stands, in one line. */
export function progressWords(state) {
    if (state.status === "queued") {
        const place = state.queue_position;
        return place === null || place === undefined
            ? t("job.queued")
            : place <= 1
              ? t("job.next")
              : t("job.position", {count: place});
    }
    if (state.status !== "in_progress") {
        return t(`job.${state.status}`);
    }
    if (state.step && state.step >= state.steps) {
        return t("job.finishing");
    }
    const parts = [
        state.step && state.steps ? t("job.step", {step: state.step, steps: state.steps}) : t("job.preparing"),
    ];
    if (state.seconds_left !== null && state.seconds_left !== undefined && state.seconds_left >= 0) {
        parts.push(t("job.left", {time: duration(state.seconds_left)}));
    }
    return parts.join(" · ");
}

/** A line that grows; without a number yet it moves. */
export function progressLine() {
    const fillLine = h("span.progress-fill");
    const line = h(
        "div.progress",
        {role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": t("job.progress")},
        fillLine,
    );
    const update = (state) => {
        const percent = Math.max(0, Math.min(100, state.progress ?? 0));
        const unknown = state.status === "queued" || (state.status === "in_progress" && percent === 0);
        line.classList.toggle("unknown", unknown);
        if (unknown) {
            line.removeAttribute("aria-valuenow");
        } else {
            line.setAttribute("aria-valuenow", String(Math.round(percent)));
        }
        fillLine.style.width = unknown ? "" : `${percent}%`;
    };
    return {element: line, update};
}

/** What a failed or cancelled video says of itself. */
export function failureWords(video) {
    if (video.error?.code === "cancelled") {
        return t("job.cancelled");
    }
    return video.error?.message || t("job.failed");
}

/** A small sign of a video's state. */
export function stateBadge(video) {
    const cancelled = video.error?.code === "cancelled";
    const key = cancelled ? "state.cancelled" : `state.${video.status}`;
    const badge = h("span.badge", {
        class: video.status === "failed" && !cancelled ? "bad" : video.status === "in_progress" ? "on" : "",
    });
    return fill(badge, video.status === "in_progress" && h("span.pulse"), t(key));
}
