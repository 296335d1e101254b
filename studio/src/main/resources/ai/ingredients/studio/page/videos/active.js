import {get} from "../lib/api.js";
import {signal} from "../lib/signal.js";
import {tellOthers, whenOthersChange} from "../lib/tabs.js";

/**
 * The newest videos, looked up again while something is being made: one request for all of them, so that several
 * tabs with several videos do not use up the connections that a browser opens to one server.
 */
export const recent = signal(null);

/** How many are looked at; when there are fewer, they are all there are. */
export const RECENT = 24;

const EAGER = 2500;
const LAZY = 20000;
let timer = null;
let asking = null;
let changes = 0;

export function isActive(video) {
    return video.status === "queued" || video.status === "in_progress";
}

export function activeVideos() {
    return (recent.value ?? []).filter(isActive);
}

/** Looks now; when something changes meanwhile, once more, for the answer is from before. */
export function lookAgain() {
    asking ??= look().finally(() => {
        asking = null;
        plan();
    });
    return asking;
}

async function look() {
    let before;
    do {
        before = changes;
        try {
            const answer = await get(`v1/videos?limit=${RECENT}&order=desc`);
            if (before === changes) {
                recent.value = answer.data;
            }
        } catch {
            // The page that needs it says so; the next look may succeed.
        }
    } while (before !== changes);
}

/** After a change of ours: looks, and has the other tabs look. */
export function videosChanged() {
    changes += 1;
    tellOthers("videos");
    return lookAgain();
}

/** What is known better from a video's own events. */
export function learn(video) {
    changes += 1;
    const now = recent.value ?? [];
    const at = now.findIndex((one) => one.id === video.id);
    recent.value = at < 0 ? [video, ...now] : now.with(at, {...now[at], ...video});
}

/** Leaves it out, after it was deleted. */
export function forget(id) {
    changes += 1;
    recent.value = (recent.value ?? []).filter((video) => video.id !== id);
}

function plan() {
    clearTimeout(timer);
    if (!document.hidden) {
        timer = setTimeout(lookAgain, activeVideos().length ? EAGER : LAZY);
    }
}

whenOthersChange("videos", () => {
    changes += 1;
    lookAgain();
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : lookAgain()));
