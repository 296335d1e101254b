import {h} from "./dom.js";
import {t} from "./strings.js";

/** Says it to who listens to the page, without showing anything. */
export function announce(text) {
    const region = document.getElementById("announce");
    region.textContent = "";
    requestAnimationFrame(() => {
        region.textContent = text;
    });
}

/** Shows a line for some seconds, and says it. */
export function toast(text, {action, onAction, seconds = 7} = {}) {
    const line = h("div.toast", {}, h("span", {}, text));
    if (action) {
        line.append(
            h(
                "button",
                {
                    type: "button",
                    on: {
                        click: () => {
                            line.remove();
                            onAction();
                        },
                    },
                },
                action,
            ),
        );
    }
    document.getElementById("toasts").append(line);
    announce(text);
    setTimeout(() => line.remove(), seconds * 1000);
}

/** What went wrong, in a sentence that says what to do. */
export function explain(error) {
    if (error.status === 0) {
        return t("error.unreachable");
    }
    if (error.status === 401) {
        return t("error.token");
    }
    if (error.status === 429) {
        return `${error.message} ${error.retryAfter ? t("error.wait", {count: error.retryAfter}) : ""}`.trim();
    }
    return error.message || t("error.unknown");
}

export function toastError(error) {
    toast(explain(error), {seconds: 10});
}
