import {h} from "./lib/dom.js";
import {emptyMark} from "./lib/icons.js";
import {t} from "./lib/strings.js";

/** The door of a studio that is not only for its own machine: its token, as it was shown at the start. */
export function tokenPage(error) {
    const input = h("input.input", {id: "token", type: "password", autocomplete: "current-password", required: true});
    const form = h(
        "form.token",
        {
            on: {
                submit: (event) => {
                    event.preventDefault();
                    location.href = `./?token=${encodeURIComponent(input.value.trim())}`;
                },
            },
        },
        h("div.field", {}, h("label", {for: "token"}, t("token.label")), input, h("p.why", {}, t("token.why"))),
        h("button.button.primary", {type: "submit"}, t("token.enter")),
    );
    return h(
        "main.empty",
        {},
        emptyMark(),
        h("h1", {}, t("token.title")),
        h("p", {}, error.status === 403 ? error.message : t("token.lead")),
        error.status === 401 && form,
    );
}
