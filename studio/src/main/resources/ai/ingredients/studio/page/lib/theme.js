import {remember, remembered} from "./memory.js";

const system = matchMedia("(prefers-color-scheme: dark)");

/** "system", "light" or "dark", as chosen. */
export function theme() {
    return remembered("theme") ?? "system";
}

/** Light and dark by turns; what the system wants anyway is not written down. */
export function toggleTheme() {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    remember("theme", next === (system.matches ? "dark" : "light") ? null : next);
    apply();
}

function apply() {
    const chosen = theme();
    const dark = chosen === "system" ? system.matches : chosen === "dark";
    document.documentElement.dataset.theme = dark ? "dark" : "light";
}

system.addEventListener("change", apply);
