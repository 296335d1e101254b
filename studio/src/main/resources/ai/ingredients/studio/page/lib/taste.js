import {h} from "./dom.js";
import {icon} from "./icons.js";
import {LANGUAGES, chooseLanguage, currentLanguage, t} from "./strings.js";
import {toggleTheme} from "./theme.js";

/** Buttons for what is a matter of taste; every page has them in its bar. */
export function themeButton() {
    return h(
        "button.button.quiet.round",
        {type: "button", "aria-label": t("theme"), title: t("theme"), data: {test: "theme"}, on: {click: toggleTheme}},
        icon("sun"),
    );
}

export function languageButton() {
    const other = LANGUAGES.find((language) => language !== currentLanguage());
    return h(
        "button.button.quiet",
        {
            type: "button",
            lang: other,
            title: t("language.other"),
            data: {test: "language"},
            on: {click: () => chooseLanguage(other)},
        },
        other.toUpperCase(),
        h("span.visually-hidden", {}, ` – ${t("language.other")}`),
    );
}
