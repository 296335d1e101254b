import {content, post} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {announce, toastError} from "../lib/tell.js";
import {learn, videosChanged} from "../videos/active.js";
import {failureWords, progressLine, progressWords} from "../videos/progress.js";
import {player} from "../videos/player.js";
import {watchVideo} from "../videos/watch.js";

/**
 * One video from the queue to the end, in the frame where it will be seen: its place in the queue, the picture as it
 * becomes clear, then the video itself.
 */
export function watchView(first, {onOver = () => {}} = {}) {
    let state = {...first};
    let shown = null;
    const preview = h("img.preview", {alt: "", hidden: true});
    const words = h("span.numbers", {data: {test: "progress"}}, "");
    const line = progressLine();
    const cancel = h("button.button.on-film", {type: "button", data: {test: "cancel"}}, t("job.cancel"));
    const [width, height] = first.size.split("x").map(Number);
    const screen = h("div.screen", {style: {"aspect-ratio": `${width} / ${height}`}});
    const actions = h("div.row.stage-actions");
    const element = h("div.watch", {data: {id: first.id}}, screen, actions);

    cancel.addEventListener("click", async () => {
        cancel.disabled = true;
        fill(cancel, t("job.cancelling"));
        try {
            await post(`v1/videos/${first.id}/cancel`);
            videosChanged();
        } catch (error) {
            if (error.status !== 409) {
                toastError(error);
            }
            cancel.disabled = false;
            fill(cancel, t("job.cancel"));
        }
    });

    const working = () => {
        if (shown !== "working") {
            shown = "working";
            fill(
                screen,
                preview,
                h("span.grain"),
                h("div.screen-foot", {}, h("div.row.apart", {}, words, cancel), line.element),
            );
            fill(actions);
        }
        words.textContent = progressWords(state);
        line.update(state);
    };
    const done = () => {
        shown = "done";
        fill(screen, player(state).element);
        fill(
            actions,
            h("a.button", {href: `#/video/${state.id}`, data: {test: "open"}}, icon("film"), t("video.open")),
            h("a.button", {href: content(state.id), download: `${state.id}.mp4`}, icon("download"), "mp4"),
        );
        announce(t("job.doneSaid"));
    };
    const failed = () => {
        shown = "failed";
        const cancelled = state.error?.code === "cancelled";
        fill(
            screen,
            h(
                "div.screen-note",
                {role: "status", data: {test: cancelled ? "cancelled" : "failed"}},
                icon(cancelled ? "close" : "warn"),
                h("p", {}, failureWords(state)),
            ),
        );
        fill(actions);
    };
    const update = () => {
        if (state.status === "completed") {
            if (shown !== "done") {
                done();
                onOver(state);
            }
        } else if (state.status === "failed") {
            if (shown !== "failed") {
                failed();
                onOver(state);
            }
        } else {
            working();
        }
    };

    update();
    const end =
        state.status === "completed" || state.status === "failed"
            ? () => {}
            : watchVideo(first.id, {
                  onVideo: (video) => {
                      state = {...state, ...video};
                      learn(video);
                      update();
                  },
                  onProgress: (progress) => {
                      state = {...state, ...progress};
                      update();
                  },
                  onPreview: ({image}) => {
                      preview.src = image;
                      preview.hidden = false;
                  },
                  onGone: () => {
                      shown = "gone";
                      fill(screen, h("div.screen-note", {}, icon("trash"), h("p", {}, t("job.gone"))));
                      fill(actions);
                      onOver(state);
                  },
              });
    return {element, end};
}
