import {get} from "./lib/api.js";
import {append, fill, h} from "./lib/dom.js";
import {signal} from "./lib/signal.js";
import {loadStrings, t} from "./lib/strings.js";
import {explain} from "./lib/tell.js";
import {createPage} from "./create/page.js";
import {modelsPage} from "./models/page.js";
import {peoplePage} from "./people/page.js";
import {frame} from "./shell.js";
import {tokenPage} from "./token.js";
import {lookAgain} from "./videos/active.js";
import {comparePage} from "./videos/compare.js";
import {galleryPage} from "./videos/gallery.js";
import {videoPage} from "./videos/video-page.js";

/** What the server can do; null until it has said so. */
const capabilities = signal(null);

const ROUTES = [
    [/^\/?$/, "create", () => createPage(capabilities)],
    [/^\/gallery$/, "gallery", () => galleryPage()],
    [/^\/video\/([\w-]+)$/, "gallery", (id) => videoPage(id)],
    [/^\/compare\/([\w,-]+)$/, "gallery", (ids) => comparePage(ids.split(","))],
    [/^\/people$/, "people", () => peoplePage()],
    [/^\/models$/, "models", () => modelsPage(capabilities)],
];

let page = null;

function show(shell, moved) {
    const path = location.hash.slice(1);
    const [pattern, place, make] = ROUTES.find(([one]) => one.test(path)) ?? ROUTES[0];
    page?.end();
    page = make(...(path.match(pattern)?.slice(1) ?? []));
    fill(shell.main, page.element);
    shell.at(place);
    document.title = `${page.title} · Ingredients Studio`;
    if (moved) {
        scrollTo(0, 0);
        (shell.main.querySelector("h1") ?? shell.main).focus({preventScroll: true});
    }
}

async function begin() {
    await loadStrings();
    const root = document.getElementById("app");
    try {
        capabilities.value = await get("v1/capabilities");
    } catch (error) {
        if (error.status === 401 || error.status === 403) {
            fill(root, tokenPage(error));
            return;
        }
        const again = h("button.button", {type: "button", on: {click: () => location.reload()}}, t("again.try"));
        fill(root, h("div.empty", {}, h("h1", {}, t("error.title")), h("p", {}, explain(error)), again));
        return;
    }
    const shell = frame();
    append(fill(root), shell.elements);
    addEventListener("hashchange", () => show(shell, true));
    await lookAgain();
    show(shell, false);
    document.documentElement.dataset.ready = "true";
}

begin();
