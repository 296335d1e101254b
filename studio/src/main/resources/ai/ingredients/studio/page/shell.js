import {fill, h} from "./lib/dom.js";
import {t} from "./lib/strings.js";
import {languageButton, themeButton} from "./lib/taste.js";
import {activeVideos, recent} from "./videos/active.js";

const PLACES = [
    ["create", "#/"],
    ["gallery", "#/gallery"],
    ["people", "#/people"],
    ["models", "#/models"],
];

/** The bar, the room for a page, the foot. `at` marks where one is. */
export function frame() {
    const links = new Map(PLACES.map(([place, href]) => [place, h("a", {href}, t(`nav.${place}`))]));
    const main = h("main", {id: "main", tabindex: "-1"});
    const bar = h(
        "header.bar",
        {},
        h(
            "a.brand",
            {href: "#/"},
            h("img", {src: "icons/studio.svg", alt: "", width: "28", height: "28"}),
            h("span", {}, "Ingredients Studio"),
        ),
        h("nav", {"aria-label": t("nav.title")}, [...links.values()]),
        h("div.tools", {}, busySign(), languageButton(), themeButton()),
    );
    addEventListener("scroll", () => bar.classList.toggle("scrolled", scrollY > 8), {passive: true});
    const skip = h(
        "a.button.skip",
        {
            href: "#main",
            on: {
                click: (event) => {
                    event.preventDefault();
                    main.focus();
                },
            },
        },
        t("nav.skip"),
    );
    const at = (now) =>
        links.forEach((link, place) => {
            if (place === now) {
                link.setAttribute("aria-current", "page");
            } else {
                link.removeAttribute("aria-current");
            }
        });
    return {elements: [skip, bar, main, foot()], main, at};
}

/** How many videos are being made, wherever one is. */
function busySign() {
    const sign = h("a.busy", {href: "#/gallery"});
    const update = () => {
        const many = activeVideos().length;
        sign.hidden = !many;
        fill(sign, h("span.pulse"), t("busy", {count: many}));
    };
    recent.watch(update);
    update();
    return sign;
}

function foot() {
    return h(
        "footer.foot",
        {},
        h("span", {}, t("foot.made")),
        h("span", {}, t("foot.local")),
        h("a", {href: "docs"}, t("foot.docs")),
    );
}
