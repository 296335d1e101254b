import {get} from "../lib/api.js";

const RETRY = 2000;

/**
 * Follows one video until it ends: by server-sent events, else by asking. While nobody sees the tab it lets go of the
 * connection.
 *
 * @param onVideo is told the video's state, at first, at changes and at the end
 * @param onProgress is told step, steps, stage, seconds left, queue position
 * @param onPreview is told {image, step}
 * @returns a function that ends it
 */
export function watchVideo(id, {onVideo, onProgress = () => {}, onPreview = () => {}, onGone = () => {}}) {
    let source = null;
    let timer = null;
    let ended = false;

    const over = (video) => video.status === "completed" || video.status === "failed";
    const tell = (video) => {
        if (ended) {
            return;
        }
        if (video.object === "video.deleted") {
            stop();
            onGone();
            return;
        }
        if (over(video)) {
            stop();
        }
        onVideo(video);
    };
    const ask = async () => {
        clearTimeout(timer);
        try {
            tell(await get(`v1/videos/${encodeURIComponent(id)}`));
        } catch (error) {
            if (error.status === 404 || error.status === 410) {
                stop();
                onGone();
                return;
            }
        }
        if (!ended && !source) {
            timer = setTimeout(listen, RETRY);
        }
    };
    const listen = () => {
        if (ended || source || document.hidden) {
            return;
        }
        source = new EventSource(`v1/videos/${encodeURIComponent(id)}/events`);
        source.addEventListener("status", (event) => tell(JSON.parse(event.data)));
        source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
        source.addEventListener("preview", (event) => onPreview(JSON.parse(event.data)));
        source.addEventListener("error", () => {
            source?.close();
            source = null;
            ask();
        });
    };
    const seen = () => {
        if (document.hidden) {
            source?.close();
            source = null;
        } else {
            ask().then(listen);
        }
    };
    const stop = () => {
        ended = true;
        source?.close();
        source = null;
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", seen);
    };
    document.addEventListener("visibilitychange", seen);
    listen();
    return stop;
}
