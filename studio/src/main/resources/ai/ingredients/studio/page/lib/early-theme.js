// Before anything is painted, so that a dark room stays dark.
(() => {
    let chosen = null;
    try {
        chosen = localStorage.getItem("studio.theme");
    } catch {
        // Without storage the system decides.
    }
    const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
